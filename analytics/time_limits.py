"""Thresholds of the quality tests that compare a reading with its neighbours in time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from analytics.quantities import Medium, Quantity


@dataclass(frozen=True, slots=True)
class Size:
    """A threshold with a fixed and a relative part: the larger of the two counts."""

    absolute: float
    relative: float = 0.0

    def at(self, level: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the threshold at each ``level``, in the unit of the quantity."""
        return np.maximum(self.absolute, self.relative * np.abs(np.asarray(level, dtype=np.float64)))


@dataclass(frozen=True, slots=True)
class FlatLimits:
    """A signal that stays within ``tolerance`` for this long is stuck.

    The times hold for values written with ``resolution``; see :meth:`for_resolution`.
    """

    tolerance: float
    suspect_s: float
    fail_s: float
    resolution: float = 0.0

    def for_resolution(self, resolution: float) -> "FlatLimits":
        """Stretch the times for values written more coarsely: pH to 0.1 rests ten times as long as pH to 0.01."""
        factor = max(resolution / self.resolution, 1.0) if self.resolution > 0 else 1.0
        return replace(self, suspect_s=self.suspect_s * factor, fail_s=self.fail_s * factor)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits of one quantity in one medium; ``None`` switches a test off.

    ``rate_per_h`` is a change per hour, ``attenuated`` the least range over 24 h, ``flat`` the limits for values
    that a logger has rounded; millivolts have their own, :data:`FLAT_MILLIVOLTS`.
    """

    spike_suspect: Size
    spike_fail: Size
    rate_per_h: Size | None
    flat: FlatLimits
    attenuated: Size | None

    @property
    def noise(self) -> Size:
        """Half a suspect spike: when the typical reading sticks out that far, the probe is at fault, not the water."""
        return Size(self.spike_suspect.absolute / 2, self.spike_suspect.relative / 2)


_H = 3600.0

# One step of the ADS1115 at gain 1; a live electrode is never that quiet for half an hour.
FLAT_MILLIVOLTS = FlatLimits(tolerance=0.125, suspect_s=0.5 * _H, fail_s=3 * _H)

# Rounded pH stands still for up to 8 h in real river logs and 2 h in a pond, so rounding needs long limits.
_FLAT_PH = FlatLimits(0.0, 12 * _H, 24 * _H, resolution=0.01)
_FLAT_EC = FlatLimits(0.0, 6 * _H, 24 * _H, resolution=1.0)
_FLAT_WATER = FlatLimits(0.0, 6 * _H, 24 * _H, resolution=0.0625)
# Melting ice holds a stream at one temperature for a day.
_FLAT_STREAM = FlatLimits(0.0, 24 * _H, 72 * _H, resolution=0.0625)

TIME_LIMITS: Mapping[tuple[Quantity, Medium], TimeLimits] = MappingProxyType(
    {
        (Quantity.PH, Medium.NUTRIENT): TimeLimits(Size(0.3), Size(0.8), Size(1.0), _FLAT_PH, Size(0.02)),
        (Quantity.EC, Medium.NUTRIENT): TimeLimits(
            # The fixed part of the rate keeps the noise of weak solutions (3 µS/cm in 5 min) below the limit.
            Size(50.0, 0.05), Size(150.0, 0.15), Size(100.0, 0.20), _FLAT_EC, Size(0.0, 0.003)
        ),
        (Quantity.WATER, Medium.NUTRIENT): TimeLimits(Size(1.0), Size(3.0), Size(5.0), _FLAT_WATER, Size(0.1)),
        (Quantity.PH, Medium.NATURAL): TimeLimits(Size(0.3), Size(0.8), Size(1.0), _FLAT_PH, None),
        # A tide changes an estuary's EC several-fold within hours, and deep water keeps its temperature for days.
        (Quantity.EC, Medium.NATURAL): TimeLimits(Size(50.0, 0.20), Size(150.0, 0.60), None, _FLAT_EC, None),
        (Quantity.WATER, Medium.NATURAL): TimeLimits(Size(1.0), Size(3.0), Size(5.0), _FLAT_STREAM, None),
    }
)  # fmt: skip
