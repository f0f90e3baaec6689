"""``GET /devices/{name}/readings``: the history of one device at any resolution, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import pandas as pd
from flask import Blueprint, Response
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest_api.admission import Admits, admits
from ingest_api.known_device import known_device
from ingest_api.measurements import FIELDS, Cursor, Measured, SingleReading, Stamp, answer, single_readings
from ingest_api.operations import operation
from ingest_api.parameters import moment, one_of, refused, some_of, whole
from ingest_api.steps import STEPS, Step, step_frame
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.dirty import count_dirty_hours
from models.read.readings import readings_frame, span

MOST_READINGS = 10_000
_DAY = timedelta(days=1)
_INSTANT = timedelta(milliseconds=1)

START = moment("start", "The first moment; a day before 'end' if it is not given.")
END = moment("end", "The moment after the last; now if it is not given.")
_RESOLUTION = one_of(
    "resolution",
    "Single readings, or means of steps counted from midnight UTC; steps without a reading are left out.",
    ("raw", *STEPS),
    default="raw",
)
_FIELDS = some_of("fields", "Only these quantities, separated by commas.", FIELDS)
_LIMIT = whole("limit", "Most readings on a page.", most=MOST_READINGS, default=1000)
_CURSOR = moment("cursor", "'next' of the page before.")

Count = int | UnsetType


class StepMean(Struct, gc=False):
    """The mean of a step that begins at ``ts``: ``n`` readings, of which ``…_count`` were usable."""

    ts: Stamp
    n: int
    ph: Measured = UNSET
    ph_low: Measured = UNSET
    ph_high: Measured = UNSET
    ph_count: Count = UNSET
    ec_us_cm: Measured = UNSET
    ec_us_cm_low: Measured = UNSET
    ec_us_cm_high: Measured = UNSET
    ec_us_cm_count: Count = UNSET
    water_c: Measured = UNSET
    water_c_low: Measured = UNSET
    water_c_high: Measured = UNSET
    water_c_count: Count = UNSET


class ReadingPage(Struct):
    """Single readings in ``[start, end)``."""

    device: str
    start: Stamp
    end: Stamp
    resolution: Literal["raw"]
    readings: list[SingleReading]
    next: Cursor


class StepPage(Struct):
    """Means of the steps that begin in ``[start, end)``, or that ``start`` lies in.

    ``hours_to_compute`` is there if that many hours were being computed again when hourly or daily means were read.
    """

    device: str
    start: Stamp
    end: Stamp
    resolution: Annotated[str, Meta(pattern="^(1m|5m|1h|1d)$")]
    readings: list[StepMean]
    next: Cursor
    hours_to_compute: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page that is asked for; ``start`` is where the page begins."""

    device_id: int
    start: datetime
    end: datetime
    count: int

    def read(self, frame_of: Callable[[datetime, datetime], pd.DataFrame], width: timedelta) -> pd.DataFrame:
        """Read the first ``count`` rows without reading much more than that.

        The span that should hold them is guessed, ``width``, and the next one made twice as wide where it does not.
        """
        pieces: list[pd.DataFrame] = []
        at, found = self.start, 0
        while found < self.count and at < self.end:
            until = at + width if width < self.end - at else self.end
            pieces.append(frame_of(at, until))
            at, width, found = until, 2 * width, found + len(pieces[-1])
        filled = [piece for piece in pieces if len(piece)] or pieces[:1] or [frame_of(self.start, self.start)]
        return pd.concat(filled).iloc[: self.count] if len(filled) > 1 else filled[0].iloc[: self.count]


def add_routes(
    blueprint: Blueprint,
    engine: Engine,
    clock: Callable[[], datetime],
    refresh_hours: Callable[[Sequence[int]], object],
) -> None:
    """Attach the route; ``refresh_hours`` computes rollups of some devices that are not up to date."""

    @blueprint.get("/devices/<name>/readings")
    @admits(Admits.READER, Admits.PERSON)
    @operation(
        "The history of one device",
        query=(START, END, _RESOLUTION, _FIELDS, _LIMIT, _CURSOR),
        answer=(ReadingPage, StepPage),
        problems=("unknown-device",),
    )
    def device_readings(name: str) -> Response:
        """Readings in time order; a page that does not reach the end says where the next one begins."""
        start, end = asked_span(clock())
        resolution, fields = _RESOLUTION.read_or("raw"), _FIELDS.read_or(list(FIELDS))
        limit, first = _LIMIT.read_or(1000), _CURSOR.read_or(start)
        step = STEPS.get(resolution)
        with session_scope(engine) as session:
            device = known_device(session, name)
        if step is not None and not step.rule:
            refresh_hours([device.id])
        with session_scope(engine) as session:
            asked = _within_history(session, _Asked(device.id, first, end, limit + 1), step)
            if step is None:
                frame = asked.read(_readings_of(session, device.id), timedelta(seconds=device.interval_s * limit))
            else:
                frame = asked.read(_steps_of(session, device.id, step), min(step.width * (limit + 1), 400 * _DAY))
            lag = 0 if step is None or step.rule else count_dirty_hours(session, [device.id], asked.start, end)
        page = frame.iloc[:limit]
        following = format_moment(frame.index[limit]) if len(frame) > limit else None
        about = (name, format_moment(start), format_moment(end))
        if step is None:
            return answer(ReadingPage(*about, "raw", single_readings(page, fields), following))
        return answer(StepPage(*about, resolution, _step_means(page, fields), following, lag or UNSET))


def asked_span(now: datetime, *, usual: timedelta = _DAY) -> tuple[datetime, datetime]:
    """Read ``start`` and ``end`` of the request at hand.

    Raises
    ------
    Problem
        400 if one cannot be read, or they are the wrong way round.
    """
    end = END.read_or(now)
    start = START.read()
    if start is None:
        return (end - usual if end - _EARLIEST > usual else _EARLIEST), end
    if start > end:
        raise refused("start", f"{format_moment(start)} is after the end, {format_moment(end)}")
    return start, end


_EARLIEST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _within_history(session: Session, asked: _Asked, step: Step | None) -> _Asked:
    """Leave out what lies before the first and after the last reading: nothing is there to be searched for."""
    known = span(session, asked.device_id)
    if known is None:
        return _Asked(asked.device_id, asked.start, asked.start, asked.count)
    start, end = max(asked.start, known[0]), min(asked.end, known[1] + _INSTANT)
    if step is not None:
        start = max(step.begin(start), asked.start) if asked.start > known[0] else step.begin(start)
    return _Asked(asked.device_id, start, end, asked.count)


def _readings_of(session: Session, device_id: int) -> Callable[[datetime, datetime], pd.DataFrame]:
    columns = (*FIELDS, "quality", "tests")
    return lambda start, end: readings_frame(session, device_id, start, end, columns)


def _steps_of(session: Session, device_id: int, step: Step) -> Callable[[datetime, datetime], pd.DataFrame]:
    return lambda start, end: step_frame(session, device_id, step, start, end)


def _step_means(frame: pd.DataFrame, fields: list[str]) -> list[StepMean]:
    items = [StepMean(format_moment(ts), int(n)) for ts, n in zip(frame.index, frame["n"].tolist(), strict=True)]
    for column in (f"{field}{end}" for field in fields for end in ("", "_low", "_high", "_count")):
        for item, value in zip(items, frame[column].tolist(), strict=True):
            setattr(item, column, None if value != value else value)
    return items
