"""The columns of every frame with their types. What each means, and its unit, stands in docs/notebooks.md."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from models.errors import BadQuestion
from models.frames.asked import Row

#: Quantity -> how its flags, tests and counts begin.
PREFIX: Mapping[str, str] = MappingProxyType({"ph": "ph", "ec_us_cm": "ec", "water_c": "water"})
QUANTITIES = tuple(PREFIX)
FLAGS: Mapping[str, int] = MappingProxyType({f"{prefix}_flag": at for at, prefix in enumerate(PREFIX.values())})
TESTS: Mapping[str, int] = MappingProxyType({f"{prefix}_tests": at for at, prefix in enumerate(PREFIX.values())})
CALIBRATION_IDS = ("ph_calibration_id", "ec_calibration_id")
BANDS = tuple(f"{quantity}_band_{edge}" for quantity in QUANTITIES for edge in ("low", "high"))
#: What only the database knows, by the names that the table has.
AS_STORED: Mapping[str, str] = MappingProxyType(
    {"ph_mv": "ph_mv", "ec_mv": "ec_mv", "ph_measured": "ph_as_measured", "ec_us_cm_measured": "ec_as_measured"}
)

READING_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(QUANTITIES, "float64"),
        **dict.fromkeys(FLAGS, "uint8"),
        **dict.fromkeys(TESTS, "uint16"),
        **dict.fromkeys(CALIBRATION_IDS, "int32"),
        **dict.fromkeys(BANDS, "float64"),
        **dict.fromkeys(AS_STORED, "float64"),
    }
)
USUAL_READING_COLUMNS = (*QUANTITIES, *FLAGS)

USED: Mapping[str, str] = MappingProxyType({f"{prefix}_readings_used": prefix for prefix in PREFIX.values()})
HOUR_VALUES = tuple(f"{quantity}_{part}" for quantity in QUANTITIES for part in ("mean", "min", "max"))
HOUR_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "readings": "int32",
        **dict.fromkeys(HOUR_VALUES, "float64"),
        **dict.fromkeys(USED, "int32"),
        **dict.fromkeys(BANDS, "float64"),
    }
)
USUAL_HOUR_COLUMNS = ("readings", *HOUR_VALUES, *USED)

_TIME = "datetime64[ms, UTC]"
#: Midnight of a day on the clocks of the site, without a zone.
_DAY = "datetime64[s]"
#: A column of names that repeat; None where there is none.
_WORD = "category"
#: Anything, None where there is none.
_OBJECT = "object"

#: The first column of each is the index.
DEVICE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "device": _OBJECT,
        **dict.fromkeys(("site", "zone", "crop", "stage", "status", "origin", "time_zone"), _WORD),
        "interval_s": "float64",
        "last_seen_at": _TIME,
        "measured_at": _TIME,
        **dict.fromkeys(QUANTITIES, "float64"),
        **dict.fromkeys(FLAGS, "Int8"),
        **dict.fromkeys(BANDS, "float64"),
    }
)
EVENT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "started_at": _TIME,
        "device": _WORD,
        "kind": _WORD,
        "ended_at": _TIME,
        "origin": _WORD,
        **dict.fromkeys(("ec_change", "ph_change", "confidence"), "float64"),
        "note": _OBJECT,
        "author": _OBJECT,
    }
)
CALIBRATION_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "valid_from": _TIME,
        "device": _WORD,
        "id": "int32",
        **dict.fromkeys(("quantity", "method", "transition"), _WORD),
        "slope_percent": "float64",
        "offset_mv": "float64",
        "parameters": _OBJECT,
        "technician": _OBJECT,
        "note": _OBJECT,
        "created_at": _TIME,
        "created_by": _OBJECT,
    }
)
TARGET_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "valid_from": _TIME,
        "valid_until": _TIME,
        **dict.fromkeys(("crop", "stage", "quantity"), _WORD),
        "low": "float64",
        "high": "float64",
        "source": _OBJECT,
    }
)
PLANTING_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "started_at": _TIME,
        "device": _WORD,
        "crop": _WORD,
        "ended_at": _TIME,
        "transplanted_on": _DAY,
    }
)


def known_columns(wanted: Sequence[str] | None, usual: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """Give the columns that are wanted, or the usual ones.

    Raises
    ------
    BadQuestion
        If there is no column of a name.
    """
    names = tuple(usual if wanted is None else wanted)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadQuestion(f"there is no column {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def typed(rows: Sequence[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame of rows, in their order; the first column becomes the index."""
    series = {name: _series([row.get(name) for row in rows], kind) for name, kind in columns.items()}
    return pd.DataFrame(series).set_index(next(iter(columns)))


def _series(values: list[object], kind: Any) -> pd.Series:
    plain = pd.Series(values, dtype=object)
    if kind == _TIME:
        return pd.to_datetime(plain, utc=True, format="ISO8601").dt.as_unit("ms")
    if kind == _DAY:
        return pd.to_datetime(plain).dt.as_unit("s")
    return plain.where(plain.notna(), None) if kind == _OBJECT else plain.astype(kind)
