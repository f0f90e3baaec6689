"""SenML (RFC 8428): records of one value each, brought into readings.

A record's unit says what it measures, and its name where the unit leaves that open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ingest_api.closer_look import too_many
from ingest_api.gathered import Gathered
from ingest_api.problems import Problem
from ingest_api.strict_json import load
from ingest_api.timestamps import shown
from ingest_api.wire import CHANNELS, MAX_READINGS

MEDIA_TYPE = "application/senml+json"
#: For the API reference.
SCHEMA: dict[str, Any] = {
    "title": "SenMLPack",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            **{key: {"type": "string"} for key in ("bn", "n")},
            **{key: {"type": "string", "enum": ["Cel", "pH", "S/m", "V", "mV"]} for key in ("bu", "u")},
            **{key: {"type": "number"} for key in ("bt", "t", "bv", "v")},
        },
    },
}
#: Times below this are seconds from now (RFC 8428, 4.5.3).
_RELATIVE_BELOW_S = 2**28
#: No time stamp is this long ago, or ahead.
_ENDLESS_S = 1e12
_VERSION = 10
_MEMBERS = frozenset({"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut", "l"})
_NUMBERS = ("bt", "bv", "v", "t")
_TEXTS = ("bn", "bu", "n", "u")
#: What it is in volts depends on the probe that the name tells.
_BOARDS = {"ph": "ph_mv", "ph_mv": "ph_mv", "ec": "ec_mv", "tds": "ec_mv", "ec_mv": "ec_mv"}
#: Unit -> (channel, factor to the channel's own unit); None: the name decides.
_UNITS: Mapping[str, tuple[str | None, float]] = {
    "Cel": ("water_c", 1.0),
    "pH": ("ph", 1.0),
    "S/m": ("ec_us_cm", 10_000.0),
    "V": (None, 1_000.0),
    "mV": (None, 1.0),
}


class _Fault(Exception):
    """Why a record cannot be used: a stable code and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class _Base:
    """What the records so far said for those that follow."""

    name: str = ""
    unit: str | None = None
    time_s: float = 0.0
    value: float = 0.0

    def after(self, record: Mapping[str, Any]) -> "_Base":
        """Give what holds from a record on."""
        return _Base(
            record.get("bn", self.name),
            record.get("bu", self.unit),
            record.get("bt", self.time_s),
            record.get("bv", self.value),
        )


def gather_senml(body: bytes, *, now_ms: int) -> Gathered:
    """Gather the values of a SenML pack.

    Raises
    ------
    Problem
        400 if it is not strict JSON, 413 for too many records, 422 if it is no SenML pack.
    """
    pack = load(body)
    if not isinstance(pack, list):
        raise Problem("not-a-batch", "a SenML pack is a list of records", errors=[{"pointer": ""}])
    if len(pack) > MAX_READINGS:
        raise too_many(len(pack))
    gathered, base = Gathered(), _Base()
    for index, record in enumerate(pack):
        _require_understood(index, record)
        try:
            _require_types(record)
            base = base.after(record)
            if record.keys() & {"v", "vs", "vb", "vd", "s"}:
                gathered.add(index, *_measured(record, base, now_ms))
        except _Fault as fault:
            gathered.reject(index, fault.code, fault.detail)
    return gathered


def _require_understood(index: int, record: Any) -> None:
    """Refuse the whole pack where the standard demands it: a newer version, or a member that must be understood."""
    if not isinstance(record, dict):
        raise Problem("not-a-batch", "a SenML record is an object", errors=[{"pointer": f"/{index}"}])
    if record.get("bver", _VERSION) not in range(1, _VERSION + 1):
        raise Problem("not-a-batch", "the pack is of another version than 10", errors=[{"pointer": f"/{index}/bver"}])
    for name in record.keys() - _MEMBERS:
        if name.endswith("_"):
            errors = [{"pointer": f"/{index}"}]
            raise Problem("not-a-batch", f"{shown(name)} must be understood, and is not", errors=errors)


def _require_types(record: Mapping[str, Any]) -> None:
    for name in _NUMBERS:
        value = record.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise _Fault(f"{name}-not-a-number", f"{name} is {shown(value)}, not a finite number")
    for name in _TEXTS:
        if not isinstance(record.get(name, ""), str):
            raise _Fault(f"{name}-not-text", f"{name} is {shown(record[name])}, not a text")


def _measured(record: Mapping[str, Any], base: _Base, now_ms: int) -> tuple[int, dict[str, float]]:
    """Give the time in milliseconds and the value by its channel."""
    if "v" not in record:
        raise _Fault("no-number", "a reading is a number, 'v'")
    channel, factor = _channel(base.name + record.get("n", ""), record.get("u", base.unit))
    time_s = float(base.time_s) + float(record.get("t", 0))
    if not abs(time_s) < _ENDLESS_S:
        raise _Fault("ts-invalid", "the time lies outside the years 1 to 9999 in UTC")
    since_ms = now_ms if time_s < _RELATIVE_BELOW_S else 0
    value = (float(base.value) + float(record["v"])) * factor
    if not isfinite(value):
        raise _Fault("v-not-a-number", "the value is too large to be one")
    return since_ms + round(time_s * 1000), {channel: value}


def _channel(name: str, unit: str | None) -> tuple[str, float]:
    last = name.lower().replace("/", ":").replace(".", ":").rpartition(":")[2]
    if unit is None:
        if last not in CHANNELS:
            raise _Fault("name-unknown", f"without a unit, the name has to end with one of {', '.join(CHANNELS)}")
        return last, 1.0
    if unit not in _UNITS:
        raise _Fault("unit-unknown", f"the unit {shown(unit)} is not one of {', '.join(_UNITS)}")
    channel, factor = _UNITS[unit]
    if channel is None and last not in _BOARDS:
        raise _Fault("name-unknown", f"a voltage is that of 'ph' or 'ec' by its name; this is {shown(last)}")
    return channel or _BOARDS[last], factor


def _is_finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # an integer beyond the floats
        return False
