"""JSON as two parsers can only agree on it: no duplicate keys, no NaN, no bottomless nesting.

Python's ``json`` accepts all three; a duplicate key is a reading that two programs understand differently.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from ingest_api.problems import Problem

MAX_DEPTH = 8


def load(body: bytes) -> Any:
    """Parse a JSON document strictly.

    Raises
    ------
    Problem
        400 ``malformed-body`` for anything that is not RFC 8259 JSON in UTF-8, for a duplicate key, ``NaN`` or
        ``Infinity``, an integer of thousands of digits, or nesting deeper than :data:`MAX_DEPTH`.
    """
    try:
        document = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Problem("malformed-body", f"nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:  # also UnicodeDecodeError, and Python's own limit on the digits of an integer
        raise Problem("malformed-body", f"{error}"[:200]) from error
    if _deeper_than(document, MAX_DEPTH):
        raise Problem("malformed-body", f"nested deeper than {MAX_DEPTH} levels")
    return document


def texts(value: Any) -> Iterator[str]:
    """Walk through every text inside a parsed value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def is_storable(text: str) -> bool:
    """Tell whether a text can be encoded and stored: no lone surrogate, no NUL."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        doubled = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {doubled[:40]!a} stands twice in one object")
    return unique


def _refuse_constant(token: str) -> NoReturn:
    raise ValueError(f"{token} is not a JSON number")


def _deeper_than(value: Any, limit: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return limit == 0 or any(_deeper_than(one, limit - 1) for one in inner)
