"""Stretches of many devices, read by one query and laid end to end: what several tanks are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.arrays import EPOCH_SHIFT_DAYS, Int8Array, PgArray, TimestampArray, is_among, query_arrays, to_epoch_ms
from models.errors import BadReadings
from models.tables import ROLLUP_QUANTITIES, DeviceState

#: Columns of a quantity in both rollup tables that a comparison needs, under the names that they get here.
_NUMBERS = ("sum", "sumsq", "min", "max", "covered_s", "below_s", "above_s")
_VALUES = {"ph": "ph", "ec": "ec_us_cm", "water": "water_c"}
_DAY_MS = 86_400_000
_SPANS = (
    "unnest(%(device_ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) "
    "WITH ORDINALITY AS s(device_id, starts_at, ends_at, place)"
)
#: What begins in a span.
_BEGINS = {
    "hour": "h.hour >= s.starts_at AND h.hour < s.ends_at",
    "day": "h.day >= (s.starts_at AT TIME ZONE 'UTC')::date AND h.day < ((s.ends_at AT TIME ZONE 'UTC') "
    "+ interval '1 day - 1 microsecond')::date",
}


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch ``[start, end)`` of one device; a device may have several."""

    device_id: int
    start: datetime
    end: datetime


def rollup_traces(session: Session, per: Literal["hour", "day"], prefix: str, spans: Sequence[Span]) -> pd.DataFrame:
    """Read the hours or UTC days of one quantity that begin in these spans and have a usable reading.

    ``prefix`` is one of ``models.tables.ROLLUP_QUANTITIES``. The day in which a span begins belongs to it.

    Returns
    -------
    DataFrame sorted by span and time: ``trace`` (int64, place of its span, from 0), ``at_ms`` (int64, milliseconds
    since 1970), ``n`` and float64 ``sum, sumsq, min, max, covered_s, below_s, above_s``, NaN for null.

    Raises
    ------
    BadReadings
        If there is no such quantity.
    """
    _check(prefix)
    numbers = ", ".join(f"coalesce(h.{prefix}_{name}, 'NaN') AS {name}" for name in _NUMBERS)
    rows = (
        f"SELECT s.place, h.{per} AS at, h.{prefix}_n AS n, {numbers} FROM {_SPANS} "  # noqa: S608 (names of ours)
        f"JOIN reading_{per}s h ON h.device_id = s.device_id AND {_BEGINS[per]} "
        f"WHERE h.{prefix}_n > 0 ORDER BY s.place, h.{per}"
    )
    place, at, *columns = _arrays(session, ("place", "at", "n", *_NUMBERS), rows, spans)
    at_ms = to_epoch_ms(at) if per == "hour" else (at.astype(np.int64) + EPOCH_SHIFT_DAYS) * _DAY_MS
    named = dict(zip(("n", *_NUMBERS), columns, strict=True))
    return pd.DataFrame({"trace": place.astype(np.int64) - 1, "at_ms": at_ms, **named})


def reading_traces(session: Session, prefix: str, spans: Sequence[Span]) -> pd.DataFrame:
    """Read the single readings of one quantity in these spans.

    Returns
    -------
    DataFrame sorted by span and time: ``trace`` and ``at_ms`` as :func:`rollup_traces`, ``value`` (float64, never NaN)
    and ``quality`` (int16), the packed flags of the whole reading.

    Raises
    ------
    BadReadings
        If there is no such quantity.
    """
    _check(prefix)
    rows = (
        f"SELECT s.place, r.ts, r.{_VALUES[prefix]} AS value, r.quality FROM {_SPANS} "  # noqa: S608 (names of ours)
        # The two plain edges keep months that no span touches from being opened at all.
        "JOIN readings r ON r.device_id = s.device_id AND r.ts >= s.starts_at AND r.ts < s.ends_at "
        "AND r.ts >= %(first)s AND r.ts < %(last)s "
        f"WHERE r.{_VALUES[prefix]} IS NOT NULL ORDER BY s.place, r.ts"
    )
    place, at, value, quality = _arrays(session, ("place", "ts", "value", "quality"), rows, spans)
    return pd.DataFrame(
        {"trace": place.astype(np.int64) - 1, "at_ms": to_epoch_ms(at), "value": value, "quality": quality}
    )


def measured_traces(
    session: Session, per: Literal["hour", "day"], prefix: str, spans: Sequence[Span]
) -> dict[int, bool]:
    """Tell in which of these spans, by their places from 0, one quantity was measured at all, if only badly.

    A span in which the device sent nothing is left out. Where no reading is usable, it was measured if every one has
    something suspect or failed: the tables do not say in which quantity, but one without a probe fails no test.

    Raises
    ------
    BadReadings
        If there is no such quantity.
    """
    _check(prefix)
    rows = (
        f"SELECT s.place, sum(h.{prefix}_n) > 0 OR bool_and(h.n_fail + h.n_suspect >= h.n) AS measured "  # noqa: S608
        f"FROM {_SPANS} JOIN reading_{per}s h ON h.device_id = s.device_id AND {_BEGINS[per]} GROUP BY s.place"
    )
    places, measured = _arrays(session, ("place", "measured::int"), rows, spans)
    return {int(place) - 1: bool(one) for place, one in zip(places, measured, strict=True)}


def newest_reading(session: Session, device_ids: Sequence[int]) -> datetime | None:
    """Give the time of the newest reading of any of these devices; None if none ever read anything."""
    return session.scalar(select(func.max(DeviceState.ts)).where(is_among(DeviceState.device_id, device_ids)))


def _check(prefix: str) -> None:
    if prefix not in ROLLUP_QUANTITIES:
        raise BadReadings(f"there is no quantity {prefix!r}, only {', '.join(ROLLUP_QUANTITIES)}")


def _arrays(session: Session, names: Sequence[str], rows: str, spans: Sequence[Span]) -> Sequence[npt.NDArray[Any]]:
    if not spans:
        return [np.empty(0, dtype=np.int64) for _ in names]
    starts, ends = [span.start for span in spans], [span.end for span in spans]
    given: dict[str, PgArray | datetime] = {
        "device_ids": Int8Array([span.device_id for span in spans]),
        "starts": TimestampArray([round(at.timestamp() * 1000) for at in starts]),
        "ends": TimestampArray([round(at.timestamp() * 1000) for at in ends]),
        "first": min(starts),
        "last": max(ends),
    }
    aggregates = ", ".join(f"coalesce(array_agg({name}), '{{}}')" for name in names)
    found: Sequence[npt.NDArray[Any]] = query_arrays(session, f"SELECT {aggregates} FROM ({rows}) AS r", given)  # noqa: S608
    return found
