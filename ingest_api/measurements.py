"""Measurements as JSON values: numbers that a person would have written, null for what is not there."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import pandas as pd
from flask import Response
from msgspec import UNSET, Meta, Struct, UnsetType

from analytics.flags import CHANNELS, names_of_tests, unpack_flags, unpack_tests
from ingest_api.timestamps import format_moment

#: The measured quantities by the names they have in requests and answers.
FIELDS = tuple(str(quantity) for quantity in CHANNELS)

Stamp = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, UTC, milliseconds")]
#: QARTOD: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.
FlagNumber = Annotated[int, Meta(description="1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing")]
Cursor = Annotated[str | None, Meta(description="The cursor of the next page; null on the last page.")]
Flags = dict[str, FlagNumber]
FailedTests = dict[str, list[str]]
Measured = float | None | UnsetType


class SingleReading(Struct, gc=False):
    """One reading, EC at 25 °C; ``tests`` names those it did not pass, and is there only if there are any."""

    ts: Stamp
    ph: Measured = UNSET
    ec_us_cm: Measured = UNSET
    water_c: Measured = UNSET
    flags: Flags | UnsetType = UNSET
    tests: FailedTests | UnsetType = UNSET


def answer(body: Any, *, status: int = 200) -> Response:
    """Write a JSON answer that no cache keeps."""
    encoded = msgspec.json.encode(body)
    return Response(encoded, status, content_type="application/json", headers={"Cache-Control": "no-store"})


def number(value: Any) -> float | None:
    """Give a number, or null for NaN and NA."""
    return None if pd.isna(value) else float(value)


def whole_number(value: Any) -> int | None:
    """Give a whole number, or null for NaN and NA."""
    return None if pd.isna(value) else int(value)


def text(value: Any) -> str | None:
    """Give a text, or null for None and NaN."""
    return None if pd.isna(value) else str(value)


def moment(value: Any) -> str | None:
    """Give a time stamp, or null for NaT."""
    return None if pd.isna(value) else format_moment(value)


def flags_of(quality: int) -> Flags:
    """Name the flags of one reading."""
    return dict(zip(FIELDS, (int(one) for one in unpack_flags(quality)), strict=True))


def failed_tests(tests: int) -> FailedTests | UnsetType:
    """Name the tests that one reading did not pass, by field; nothing if it passed all."""
    found = zip(FIELDS, (int(one) for one in unpack_tests(tests)), strict=True)
    return {field: names_of_tests(one) for field, one in found if one} or UNSET


def single_readings(frame: pd.DataFrame, fields: Sequence[str]) -> list[SingleReading]:
    """Write readings (index ``ts``, columns of ``fields``, ``quality`` and ``tests``)."""
    flags = dict(zip(FIELDS, (one.tolist() for one in unpack_flags(frame["quality"])), strict=True))
    tests = dict(zip(FIELDS, (one.tolist() for one in unpack_tests(frame["tests"])), strict=True))
    items = [SingleReading(format_moment(stamp)) for stamp in frame.index]
    for field in fields:
        for item, value in zip(items, frame[field].tolist(), strict=True):
            setattr(item, field, None if value != value else value)
    for row, item in enumerate(items):
        item.flags = {field: flags[field][row] for field in fields}
        item.tests = {field: names_of_tests(tests[field][row]) for field in fields if tests[field][row]} or UNSET
    return items
