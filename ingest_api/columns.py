"""Readings from the wire, turned into columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import UNSET
from msgspec.structs import astuple

from analytics.flags import Test
from analytics.units import PpmScale, ec_from_ppm
from ingest_api.sent import ABSENT, FloatArray, IntArray, MaskArray, SentReadings
from ingest_api.wire import CHANNELS, Number, ReadingItem
from models.clocks import Clock

_CLOCKS: dict[Any, int] = {clock.label: int(clock) for clock in Clock}
_HINT_OF_REASON = {
    "rail": Test.RAIL,
    "negative": Test.RAIL,
    "board-range": Test.RAIL,
    "sensor-reset": Test.IMPOSSIBLE,
    "scattered": Test.SCATTERED,
}
_HINTS_OF_CHANNEL = {
    "ph_mv": "ph_hints",
    "ph": "ph_hints",
    "ec_mv": "ec_hints",
    "ec_us_cm": "ec_hints",
    "tds_ppm": "ec_hints",
    "water_c": "water_hints",
}
_HINT_COLUMNS = ("ph_hints", "ec_hints", "water_hints")


def columns_of(items: Sequence[ReadingItem], stamps: npt.ArrayLike, device_id: int) -> SentReadings:
    """Put faultless readings of one device into columns; ppm become EC by their own scale, default 500."""
    if not items:
        return SentReadings.of(device_id, [])
    said = dict(zip(ReadingItem.__struct_fields__, zip(*map(astuple, items), strict=True), strict=True))
    numbers: dict[str, Any] = {name: _floats(said[name]) for name in CHANNELS}
    ppm = numbers.pop("tds_ppm")
    if not np.isnan(ppm).all():
        numbers["ec_us_cm"] = np.where(np.isnan(ppm), numbers["ec_us_cm"], _ec_of_ppm(ppm, items))
    return SentReadings(
        device_id=np.full(len(items), device_id, dtype=np.int64),
        ts_ms=np.asarray(stamps, dtype=np.int64),
        **numbers,
        seq=_integers(said["seq"]),
        stream=np.full(len(items), ABSENT, dtype=np.int64),
        clock=_clocks(said["clock"]),
        **_hints(items, said["reasons"]),
    )


def _floats(values: tuple[Number, ...]) -> FloatArray:
    """Give NaN for what is null or was not sent."""
    absent = values.count(UNSET)
    if absent == len(values):
        return np.full(len(values), np.nan)
    if not absent:
        return np.array(values, dtype=np.float64)
    return np.array([np.nan if value is UNSET else value for value in values], dtype=np.float64)


def _integers(values: tuple[Any, ...]) -> IntArray:
    return np.array([ABSENT if value is UNSET or value is None else value for value in values], dtype=np.int64)


def _clocks(labels: tuple[Any, ...]) -> IntArray:
    if labels.count(labels[0]) == len(labels):  # nearly always
        return np.full(len(labels), _CLOCKS.get(labels[0], ABSENT), dtype=np.int64)
    return np.array([_CLOCKS.get(label, ABSENT) for label in labels], dtype=np.int64)


def _ec_of_ppm(ppm: FloatArray, items: Sequence[ReadingItem]) -> FloatArray:
    scales = np.array([500 if item.tds_scale is UNSET else item.tds_scale for item in items])
    return np.select([scales == scale for scale in PpmScale], [ec_from_ppm(ppm, scale) for scale in PpmScale])


def _hints(items: Sequence[ReadingItem], reasons: tuple[Any, ...]) -> dict[str, Any]:
    """Turn the sender's reasons for a missing value, or its doubts about one, into test bits."""
    hints: dict[str, MaskArray] = {name: np.zeros(len(items), dtype=np.uint16) for name in _HINT_COLUMNS}
    for row, said in enumerate(reasons):
        for channel, reason in said.items() if said else ():
            if channel in _HINTS_OF_CHANNEL:
                hints[_HINTS_OF_CHANNEL[channel]][row] |= _HINT_OF_REASON.get(reason, 0)
    return hints
