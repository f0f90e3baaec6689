"""Measurements as JSON values: numbers that a person would have written, null for what is not there."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pandas as pd
from flask import Response

from analytics.flags import CHANNELS, names_of_tests, unpack_flags, unpack_tests
from ingest_api.timestamps import format_moment

#: The measured quantities by the names they have in requests and answers.
FIELDS = tuple(str(quantity) for quantity in CHANNELS)


def answer(body: Mapping[str, Any]) -> Response:
    """Write a JSON answer that no cache keeps."""
    encoded = msgspec.json.encode(body)
    return Response(encoded, content_type="application/json", headers={"Cache-Control": "no-store"})


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


def readings(frame: pd.DataFrame, fields: list[str]) -> list[dict[str, Any]]:
    """Write readings (index ``ts``, columns of ``fields``, ``quality`` and ``tests``), with flags and tests by field.

    ``tests`` are given for a reading that did not pass all of them.
    """
    flags = dict(zip(FIELDS, unpack_flags(frame["quality"]), strict=True))
    tests = dict(zip(FIELDS, unpack_tests(frame["tests"]), strict=True))
    items: list[dict[str, Any]] = [{"ts": format_moment(stamp)} for stamp in frame.index]
    for field in fields:
        for item, value in zip(items, frame[field].tolist(), strict=True):
            item[field] = None if value != value else value
    for row, item in enumerate(items):
        item["flags"] = {field: int(flags[field][row]) for field in fields}
        failed = {field: names_of_tests(int(tests[field][row])) for field in fields if tests[field][row]}
        if failed:
            item["tests"] = failed
    return items
