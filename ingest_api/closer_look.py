"""A body in which something is unusual, judged reading by reading: good ones pass, faults are named."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET

from ingest_api.problems import Problem
from ingest_api.said import Said
from ingest_api.sent import IntArray
from ingest_api.strict_json import is_storable, load, texts
from ingest_api.timestamps import parse_ms, shown
from ingest_api.wire import CHANNELS, MAX_READINGS, Envelope, ReadingItem, Rejected, ambiguity

_FIELD_IN_MESSAGE = re.compile(r"`\$\.(\w+)")


class _Fault(Exception):
    """Why something cannot be kept: a stable code, the field at fault ("" for the whole), a sentence."""

    def __init__(self, code: str, name: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.name, self.detail = code, name, detail


@dataclass(slots=True)
class Judged:
    """The sound readings of a body with their stamps, and the rest with their faults."""

    envelope: Envelope
    sent_at_ms: int | None
    said: Said
    stamps: IntArray
    rejected: Sequence[Rejected] = ()


def judge(body: bytes) -> Judged:
    """Parse a body strictly and sort its readings into sound and rejected.

    A fault in the envelope is a fault of every reading in it: nothing is stored under a wrong stream.

    Raises
    ------
    Problem
        400 if it is not strict JSON, 413 for too many readings, 422 if it is no batch at all.
    """
    document = load(body)
    prefix, raws = _raw_readings(document)
    envelope = {name: value for name, value in document.items() if name != "readings"}
    try:
        around, sent_at_ms = _judge_envelope(envelope if prefix else _without_reading(envelope))
    except _Fault as fault:
        of_all = [_rejected(raw, index, fault, _pointer(fault.name)) for index, raw in enumerate(raws)]
        return Judged(Envelope(), None, Said.by([]), np.empty(0, np.int64), of_all)
    items, stamps, rejected = [], [], []
    for index, raw in enumerate(raws):
        try:
            item, stamp = _judge_item(raw)
        except _Fault as fault:
            pointer = prefix.format(index) + (_pointer(fault.name) if fault.name else "")
            rejected.append(_rejected(raw, index, fault, pointer))
        else:
            items.append(item)
            stamps.append(stamp)
    return Judged(around, sent_at_ms, Said.by(items), np.array(stamps, dtype=np.int64), rejected)


def too_many(count: int) -> Problem:
    """Refuse a body with more readings than one transaction should hold."""
    return Problem("too-many-readings", f"{count} readings in one body; the limit is {MAX_READINGS}")


def _raw_readings(document: Any) -> tuple[str, Sequence[Any]]:
    """Give the JSON pointer pattern of a reading and the readings; a bare object is its own only reading."""
    if not isinstance(document, dict):
        raise Problem("not-a-batch", f"the body is {_kind(document)}, not an object", errors=[{"pointer": ""}])
    if "readings" not in document:
        return "", [document]
    raws = document["readings"]
    if not isinstance(raws, list):
        detail = f"'readings' is {_kind(raws)}, not a list"
        raise Problem("not-a-batch", detail, errors=[{"pointer": "/readings"}])
    if len(raws) > MAX_READINGS:
        raise too_many(len(raws))
    return "/readings/{}", raws


def _without_reading(bare: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in bare.items() if name in Envelope.__struct_fields__}


def _judge_envelope(raw: dict[str, Any]) -> tuple[Envelope, int | None]:
    """Give what the envelope says, and when the body was sent."""
    _require_storable(raw)
    envelope: Envelope = _convert(raw, Envelope)
    if envelope.sent_at is UNSET or envelope.sent_at is None:
        return envelope, None
    return envelope, _stamp(envelope.sent_at, "sent_at")


def _judge_item(raw: Any) -> tuple[ReadingItem, int]:
    if not isinstance(raw, dict):
        raise _Fault("not-an-object", "", f"a reading is an object, this is {_kind(raw)}")
    _require_storable(raw)
    if "ts" not in raw:
        raise _Fault("ts-missing", "ts", "a reading needs its time, 'ts'")
    stamp = _stamp(raw["ts"], "ts")
    for name in CHANNELS:
        _require_number(name, raw.get(name))
    item = _convert(raw, ReadingItem)
    if unclear := ambiguity(item):
        code, name = unclear
        raise _Fault(code, name, f"give one of {', '.join(CHANNELS)}; EC either in µS/cm or in ppm")
    return item, stamp


def _stamp(text: Any, name: str) -> int:
    if not isinstance(text, str):
        raise _Fault(f"{_dashed(name)}-not-text", name, f"{shown(text)} is not an RFC 3339 text")
    try:
        return parse_ms(text)
    except ValueError as error:
        raise _Fault(f"{_dashed(name)}-invalid", name, str(error)) from error


def _require_number(name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Fault(f"{_dashed(name)}-not-a-number", name, f"{shown(value)} is not a number")
    try:
        finite = isfinite(value)
    except OverflowError:  # an integer beyond the floats
        finite = False
    if not finite:
        raise _Fault(f"{_dashed(name)}-not-finite", name, "the number is too large to be one")


def _require_storable(raw: dict[str, Any]) -> None:
    for name, value in raw.items():
        if not is_storable(name) or not all(map(is_storable, texts(value))):
            raise _Fault("text-invalid", name if is_storable(name) else "", "a text holds NUL or half a surrogate pair")


def _convert(raw: dict[str, Any], kind: type) -> Any:
    """Convert through the same types as the quick way, and name the field that does not fit."""
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        found = _FIELD_IN_MESSAGE.search(str(error))
        name = found[1] if found else ""
        raise _Fault(f"{_dashed(name) or 'reading'}-invalid", name, str(error)) from error


def _rejected(raw: Any, index: int, fault: _Fault, pointer: str) -> Rejected:
    return Rejected(index, _seq_of(raw), fault.code, pointer, fault.detail)


def _seq_of(raw: Any) -> int | None:
    seq = raw.get("seq") if isinstance(raw, dict) else None
    return seq if type(seq) is int and 0 <= seq < 2**31 else None


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")
