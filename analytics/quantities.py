"""The three measured quantities: their names, units, physical limits and plausibility thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType


@unique
class Quantity(StrEnum):
    """What a reading measures; the value is the column name used everywhere."""

    PH = "ph"
    EC = "ec_us_cm"
    WATER = "water_c"


@unique
class Medium(StrEnum):
    """What the probe hangs in; it decides which values are plausible."""

    NUTRIENT = "nutrient"
    NATURAL = "natural"


@dataclass(frozen=True, slots=True)
class QuantityInfo:
    """Facts about one quantity that hold in every medium.

    ``low`` and ``high`` are physical limits: a value beyond them, or one of ``sentinels`` (error codes that
    loggers write instead of a value), is not a measurement and becomes null. ``bin_width`` is the width of the
    histogram bins in the hourly rollups.
    """

    name: str
    unit: str
    low: float
    high: float
    sentinels: tuple[float, ...]
    bin_width: float
    decimals: int
    source: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Gross-range limits of one quantity in one medium; a value equal to a limit is still inside it."""

    fail_low: float
    fail_high: float
    suspect_low: float
    suspect_high: float
    source: str


QUANTITIES: Mapping[Quantity, QuantityInfo] = MappingProxyType(
    {
        Quantity.PH: QuantityInfo(
            name="pH",
            unit="pH",
            low=0.0,
            high=14.0,
            # Exactly 0 and 14 are what a disconnected or saturated pH input is written as in river and estuary logs.
            sentinels=(0.0, 14.0),
            bin_width=0.1,
            decimals=2,
            source="pH scale of aqueous solutions",
        ),
        Quantity.EC: QuantityInfo(
            name="EC at 25 °C",
            unit="µS/cm",
            low=0.0,
            high=100_000.0,
            # 7999 is the "no answer" code of SDI-12 loggers, seen in conductivity and temperature alike.
            sentinels=(7999.0,),
            bin_width=50.0,
            decimals=0,
            source="twice the conductivity of sea water",
        ),
        Quantity.WATER: QuantityInfo(
            name="Water temperature",
            unit="°C",
            low=-55.0,
            high=125.0,
            # 85.0 is the DS18B20's power-on value, -127 the DallasTemperature library's "disconnected".
            sentinels=(85.0, -127.0),
            bin_width=0.5,
            decimals=1,
            source="DS18B20 datasheet, measuring range",
        ),
    }
)

_PHYSICS = "physical limits; suspect limits after EPA ContDataQC, widened"

THRESHOLDS: Mapping[tuple[Quantity, Medium], Thresholds] = MappingProxyType(
    {
        (Quantity.PH, Medium.NUTRIENT): Thresholds(0.0, 14.0, 3.0, 11.0, _PHYSICS),
        (Quantity.EC, Medium.NUTRIENT): Thresholds(0.0, 20_000.0, 50.0, 6_000.0, _PHYSICS),
        (Quantity.WATER, Medium.NUTRIENT): Thresholds(-5.0, 60.0, 5.0, 40.0, _PHYSICS),
        (Quantity.PH, Medium.NATURAL): Thresholds(0.0, 14.0, 3.0, 11.0, _PHYSICS),
        # From snow melt to sea water (about 53 000 µS/cm) with room above.
        (Quantity.EC, Medium.NATURAL): Thresholds(0.0, 100_000.0, 5.0, 60_000.0, _PHYSICS),
        (Quantity.WATER, Medium.NATURAL): Thresholds(-5.0, 60.0, -2.0, 40.0, _PHYSICS),
    }
)
