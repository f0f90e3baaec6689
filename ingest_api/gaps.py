"""``GET /devices/{name}/gaps``: what is missing from the history of a device, by number and by time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Engine

from analytics.holding import CAP_INTERVALS
from ingest_api.admission import Admits, admits
from ingest_api.history import END, START, asked_span
from ingest_api.known_device import known_device
from ingest_api.measurements import Cursor, Stamp, answer
from ingest_api.operations import operation
from ingest_api.parameters import moment, whole
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.gaps import gaps_frame, silences_frame
from models.read.readings import newest_at

MOST_GAPS = 1000
_MONTH = timedelta(days=30)
_START = moment(START.name, "The first moment; 30 days before 'end' if it is not given.")
_LIMIT = whole("limit", "Most entries in each of the two lists of a page.", most=MOST_GAPS, default=MOST_GAPS)
_CURSOR = moment("cursor", "'next' of the page before.")


class MissingReadings(Struct):
    """A run of sequence numbers that never came, ``first_seq`` to ``last_seq``, and the readings around it.

    ``dropped`` is how many readings the device itself says it had to drop from this queue, all told.
    """

    stream: str
    first_seq: int
    last_seq: int
    missing: int
    dropped: int
    after: Stamp
    before: Stamp


class Silence(Struct):
    """A stretch without readings, longer than three intervals; ``before`` is null while it lasts."""

    after: Stamp
    before: Stamp | None
    seconds: float


class GapPage(Struct):
    """What is missing in ``[start, end)``. Sequence numbers tell loss; a silence may also be a Pi that was off."""

    device: str
    start: Stamp
    end: Stamp
    interval_s: float
    missing: list[MissingReadings]
    silences: list[Silence]
    next: Cursor


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.get("/devices/<name>/gaps")
    @admits(Admits.READER, Admits.PERSON)
    @operation(
        "What is missing from a history",
        query=(_START, END, _LIMIT, _CURSOR),
        answer=GapPage,
        problems=("unknown-device",),
    )
    def device_gaps(name: str) -> Response:
        """Missing sequence numbers of each queue of the device, and stretches of time without a reading."""
        now = clock()
        start, end = asked_span(now, usual=_MONTH)
        limit, first = _LIMIT.read_or(MOST_GAPS), _CURSOR.read_or(start)
        with session_scope(engine) as session:
            device = known_device(session, name)
            longest_s = CAP_INTERVALS * device.interval_s
            gaps = gaps_frame(session, device.id, first, end, limit=limit + 1)
            silences = silences_frame(session, device.id, first, end, longest_s=longest_s, limit=limit + 1)
            newest = newest_at(session, device.id)
        following = _following([gaps, silences], limit)
        quiet = _quiet(silences, following, first)
        if following is None and newest is not None and (min(end, now) - newest).total_seconds() > longest_s:
            quiet.append(Silence(format_moment(newest), None, (min(end, now) - newest).total_seconds()))
        return answer(
            GapPage(
                name,
                format_moment(start),
                format_moment(end),
                device.interval_s,
                _missing(gaps, following, first),
                quiet,
                None if following is None else format_moment(following),
            )
        )


def _following(frames: list[pd.DataFrame], limit: int) -> pd.Timestamp | None:
    """Give the moment from which the next page goes on: where the first of the lists is full."""
    cut = [frame["before_ts"].iloc[limit] for frame in frames if len(frame) > limit]
    return min(cut) if cut else None


def _missing(gaps: pd.DataFrame, following: pd.Timestamp | None, first: datetime) -> list[MissingReadings]:
    rows: list[Any] = list(_of_page(gaps, following, first).itertuples(index=False, name="Gap"))
    return [
        MissingReadings(
            row.stream,
            row.first_seq,
            row.last_seq,
            row.missing,
            row.dropped,
            format_moment(row.after_ts),
            format_moment(row.before_ts),
        )
        for row in rows
    ]


def _quiet(silences: pd.DataFrame, following: pd.Timestamp | None, first: datetime) -> list[Silence]:
    rows: list[Any] = list(_of_page(silences, following, first).itertuples(index=False, name="Silence"))
    return [
        Silence(
            format_moment(row.after_ts), format_moment(row.before_ts), (row.before_ts - row.after_ts).total_seconds()
        )
        for row in rows
    ]


def _of_page(frame: pd.DataFrame, following: pd.Timestamp | None, first: datetime) -> pd.DataFrame:
    """Keep what ends on this page: each gap belongs to the page in which the reading after it lies."""
    mine = frame["before_ts"] >= first
    return frame[mine if following is None else mine & (frame["before_ts"] < following)]
