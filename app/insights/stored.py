"""Results of checks as plain JSON, so that they can be kept in a table and told without being computed again."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pandas as pd

from analytics.compensation import CompensationCheck
from analytics.forecast import Forecast
from analytics.probe_health import ProbeHealth
from app.insights.findings import Apart, Creep, Heading, OtherScale, OutOfBand, Result

#: What may be stored, by the name under which it is.
_KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (Result, OutOfBand, Heading, Forecast, OtherScale, Creep, Apart, CompensationCheck, ProbeHealth)
}
_NAME = "is"


def packed(value: Any) -> Any:
    """Write a result, or a part of one, as JSON knows it; :func:`unpacked` undoes it.

    Raises
    ------
    TypeError
        If it holds something that nobody thought of.
    """
    if is_dataclass(value):
        parts = {one.name: packed(getattr(value, one.name)) for one in fields(value)}
        return {_NAME: type(value).__name__, **parts}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item") or isinstance(value, float):
        number = value.item() if hasattr(value, "item") else value
        # JSON has no word for what is not finite.
        return str(number) if isinstance(number, float) and not isfinite(number) else number
    raise TypeError(f"{value!r} cannot be stored")


def unpacked(stored: Any) -> Any:
    """Read what :func:`packed` wrote.

    Raises
    ------
    KeyError, ValueError, TypeError
        If another release wrote it, and in another way.
    """
    kind = _KINDS[stored[_NAME]]
    hints = _hints(kind)
    return kind(**{name: _as(hints[name], value) for name, value in stored.items() if name != _NAME})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _as(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return unpacked(value)
    if get_origin(hint) is UnionType or isinstance(hint, UnionType):
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if hint is pd.Timestamp:
        return pd.Timestamp(value)
    return datetime.fromisoformat(value) if hint is datetime else hint(value)
