"""Readings from the wire, turned into columns."""

from typing import Any

import numpy as np
from msgspec import UNSET

from analytics.flags import Test
from analytics.units import PpmScale, ec_from_ppm
from ingest_api.said import Said
from ingest_api.sent import ABSENT, FloatArray, IntArray, MaskArray, SentReadings
from ingest_api.wire import CHANNELS, Number
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


def columns_of(said: Said, stamps: IntArray, device_id: int) -> SentReadings:
    """Put faultless readings of one device into columns; ppm become EC by their own scale, default 500."""
    numbers: dict[str, Any] = {name: _floats(said.columns[name], said.unsaid[name]) for name in CHANNELS}
    ppm = numbers.pop("tds_ppm")
    if not said.said_by_none("tds_ppm"):
        ec = _ec_of_ppm(ppm, said.columns["tds_scale"])
        numbers["ec_us_cm"] = np.where(np.isnan(ppm), numbers["ec_us_cm"], ec)
    return SentReadings(
        device_id=np.full(len(said), device_id, dtype=np.int64),
        ts_ms=stamps,
        **numbers,
        seq=_integers(said.columns["seq"]),
        stream=np.full(len(said), ABSENT, dtype=np.int64),
        clock=_clocks(said.columns["clock"]),
        **_hints(said),
    )


def _floats(values: list[Number], unsaid: int) -> FloatArray:
    """Give NaN for what is null or was not sent."""
    if unsaid == len(values):
        return np.full(len(values), np.nan)
    if not unsaid:
        return np.array(values, dtype=np.float64)
    return np.array([np.nan if value is UNSET else value for value in values], dtype=np.float64)


def _integers(values: list[Any]) -> IntArray:
    return np.array([ABSENT if value is UNSET or value is None else value for value in values], dtype=np.int64)


def _clocks(labels: list[Any]) -> IntArray:
    if len(set(labels)) == 1:  # nearly always
        return np.full(len(labels), _CLOCKS.get(labels[0], ABSENT), dtype=np.int64)
    return np.array([_CLOCKS.get(label, ABSENT) for label in labels], dtype=np.int64)


def _ec_of_ppm(ppm: FloatArray, said_scales: list[Any]) -> FloatArray:
    scales = np.array([500 if scale is UNSET else scale for scale in said_scales])
    return np.select([scales == scale for scale in PpmScale], [ec_from_ppm(ppm, scale) for scale in PpmScale])


def _hints(said: Said) -> dict[str, Any]:
    """Turn the sender's reasons for a missing value, or its doubts about one, into test bits."""
    hints: dict[str, MaskArray] = {name: np.zeros(len(said), dtype=np.uint16) for name in _HINT_COLUMNS}
    for row, reasons in () if said.said_by_none("reasons") else enumerate(said.columns["reasons"]):
        for channel, reason in reasons.items() if reasons else ():
            if channel in _HINTS_OF_CHANNEL:
                hints[_HINTS_OF_CHANNEL[channel]][row] |= _HINT_OF_REASON.get(reason, 0)
    return hints
