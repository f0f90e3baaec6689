"""Names of columns in files: each says its unit, and the same value is called the same in every file."""

from collections.abc import Mapping
from types import MappingProxyType

from analytics.quantities import Quantity
from app.components.conductivity import ConductivityUnit

_EC_NAMES: Mapping[ConductivityUnit, str] = MappingProxyType(
    {
        ConductivityUnit.PPM_500: "tds_ppm_500",
        ConductivityUnit.PPM_640: "tds_ppm_640",
        ConductivityUnit.PPM_700: "tds_ppm_700",
        ConductivityUnit.MS_CM: "ec_ms_cm",
        ConductivityUnit.US_CM: "ec_us_cm",
    }
)
#: QARTOD flags: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.
FLAG_COLUMNS = ("ph_flag", "ec_flag", "water_flag")
#: What is written of a step.
PARTS = ("mean", "min", "max")


def value_column(quantity: Quantity, unit: ConductivityUnit) -> str:
    """Name the column of a quantity, EC by the unit that it is written in."""
    return _EC_NAMES[unit] if quantity is Quantity.EC else str(quantity)
