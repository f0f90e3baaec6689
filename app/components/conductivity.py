"""The reader's choice of how conductivity is written: EC, or ppm on a stated scale."""

from enum import StrEnum, unique
from typing import Self

from dash import Input

from analytics.units import Number, PpmScale, ec_from_ms_cm, ec_from_ppm, ms_cm_from_ec, ppm_from_ec
from app.components.ids import ShellId
from app.i18n import _


@unique
class ConductivityUnit(StrEnum):
    """One way to write conductivity; the value travels in the browser and in URLs."""

    PPM_500 = "ppm500"
    PPM_640 = "ppm640"
    PPM_700 = "ppm700"
    MS_CM = "ms-cm"
    US_CM = "us-cm"

    @classmethod
    def of(cls, value: str | None, ppm_scale: int) -> Self:
        """Read the browser's choice; anything unknown means ppm on ``ppm_scale``."""
        return cls(value) if value in set(cls) else cls(f"ppm{ppm_scale}")

    @property
    def scale(self) -> PpmScale | None:
        """The ppm scale, or None for EC."""
        return PpmScale(int(self.removeprefix("ppm"))) if self.startswith("ppm") else None

    @property
    def label(self) -> str:
        """The unit in full, with its scale: ppm without one is ambiguous by 40 %."""
        return f"ppm ({int(self.scale)})" if self.scale else self.symbol

    @property
    def symbol(self) -> str:
        """The unit as it stands behind a number."""
        return "ppm" if self.scale else {"ms-cm": "mS/cm", "us-cm": "µS/cm"}[self]

    @property
    def quantity(self) -> str:
        """What a number in this unit is called."""
        return _("TDS") if self.scale else _("EC")

    @property
    def decimals(self) -> int:
        """Digits behind the decimal point that the probes justify."""
        return 2 if self is ConductivityUnit.MS_CM else 0

    def from_ec(self, ec_us_cm: Number) -> Number:
        """Convert EC at 25 °C in µS/cm, one number or an array; NaN stays NaN."""
        if self.scale:
            return ppm_from_ec(ec_us_cm, self.scale)
        return ms_cm_from_ec(ec_us_cm) if self is ConductivityUnit.MS_CM else ec_us_cm

    def to_ec(self, value: Number) -> Number:
        """Convert a number in this unit to EC at 25 °C in µS/cm: the way back of :meth:`from_ec`."""
        if self.scale:
            return ec_from_ppm(value, self.scale)
        return ec_from_ms_cm(value) if self is ConductivityUnit.MS_CM else value


def unit_input() -> Input:
    """Listen to the reader's unit; read the value with :meth:`ConductivityUnit.of`."""
    return Input(ShellId.UNIT, "value")
