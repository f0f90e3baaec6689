"""InfluxDB's line protocol, as Telegraf and ESP boards write it: ``tank,host=gh3 ph=6.1,water_c=21.4 1763884800``.

Only the fields that are channels of a reading count. Measurement, tags and other fields are passed over: who sent it
is known by the token. Every pattern is possessive, so that no body can make the parser go back and forth.
"""

import re
from collections.abc import Iterator
from math import isfinite

from ingest_api.closer_look import too_many
from ingest_api.gathered import Gathered
from ingest_api.wire import CHANNELS, MAX_READINGS

#: Precision of the time stamps -> how many of them make a millisecond, or how many milliseconds one is.
PRECISIONS = {"ns": (1_000_000, 1), "us": (1_000, 1), "ms": (1, 1), "s": (1, 1_000)}

_NAME = r"(?:\\[^\n]|[^,=\\ \n])++"
_STRING = r'"(?:\\.|[^"\\])*+"'
_FIELD = rf'{_NAME}=(?:{_STRING}|[^,\s"]++)'
_LINE = re.compile(
    rf"(?:\\[^\n]|[^,\\ \n])++(?:,{_NAME}={_NAME})*+[ ]++(?P<fields>{_FIELD}(?:,{_FIELD})*+)"
    r"(?:[ ]++(?P<ts>-?[0-9]{1,19}))?+[ ]*+\r?+(?:\n|\Z)",
    re.DOTALL,
)
_ONE_FIELD = re.compile(rf'(?P<name>{_NAME})=(?:{_STRING}|(?P<plain>[^,\s"]++))', re.DOTALL)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_INTEGER = re.compile(r"(?P<digits>[-+]?[0-9]{1,20})[iu]")
_ESCAPED = re.compile(r"\\([,= ])")
_KNOWN = frozenset({*CHANNELS, "tds_scale"})


def gather_lines(text: str, precision: str, *, now_ms: int) -> Gathered:
    """Gather the values of all lines; a line without a time stamp counts as measured now.

    Raises
    ------
    Problem
        413 for more lines than a body may hold.
    """
    gathered = Gathered()
    for count, (number, line) in enumerate(_lines(text), start=1):
        if count > MAX_READINGS:
            raise too_many(count)
        if line is None:
            gathered.reject(number, "line-malformed", "this is not line protocol: measurement, blank, fields")
        else:
            _gather(gathered, number, line, precision, now_ms)
    return gathered


def _lines(text: str) -> Iterator[tuple[int, re.Match[str] | None]]:
    """Give every line that says something with its number, from 0; None for one that cannot be read."""
    at, number = 0, 0
    while at < len(text):
        found = _LINE.match(text, at)
        end = found.end() if found else text.find("\n", at) + 1 or len(text)
        piece = text[at:end]
        if found or (piece.strip() and not piece.startswith("#")):
            yield number, None if piece.startswith("#") else found
        at, number = end, number + max(piece.count("\n"), 1)


def _gather(gathered: Gathered, number: int, line: re.Match[str], precision: str, now_ms: int) -> None:
    values: dict[str, float] = {}
    for one in _ONE_FIELD.finditer(line["fields"]):
        name = _ESCAPED.sub(r"\1", one["name"])
        if name in _KNOWN:
            value = _number(one["plain"])
            if value is None:
                gathered.reject(number, f"{name.replace('_', '-')}-not-a-number", f"{name} has to be a finite number")
                return
            values[name] = int(value) if name == "tds_scale" and value.is_integer() else value
    if not values.keys() & set(CHANNELS):
        gathered.reject(number, "no-channel", f"none of its fields is one of {', '.join(CHANNELS)}")
        return
    if line["ts"] is None:
        gathered.add(number, now_ms, {**values, "clock": "estimated"})
    else:
        divisor, factor = PRECISIONS[precision]
        gathered.add(number, int(line["ts"]) // divisor * factor, values)


def _number(plain: str | None) -> float | None:
    """Read a number; None for texts, truth values, and what no float can hold."""
    if plain is None:
        return None
    if whole := _INTEGER.fullmatch(plain):
        return float(whole["digits"])
    value = float(plain) if _FLOAT.fullmatch(plain) else float("nan")
    return value if isfinite(value) else None
