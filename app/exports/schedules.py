"""Exports of every day or week, once it is over: when they are due, and making the one that is.

A schedule remembers the end of what it has written, not when it ran: what was missed while no server was there is made
afterwards, a file for each day or week, in order.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.components.conductivity import ConductivityUnit
from app.exports.diary import Asker
from app.exports.errors import BadExport
from app.exports.keeping import keep
from app.exports.request import ExportRequest, Layout, Packing, Selection
from app.exports.run import Exports
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.errors import HydrofleetError
from models.read.export_kinds import Resolution
from models.read.export_schedules import ScheduleRecord, list_schedules
from models.write.audit import record
from models.write.export_schedules import add_schedule, move_schedule, put_off_schedule, remove_schedule
from models.write.exports import begin_export, end_export

EVERY = {"day": 1, "week": 7}
_ALL_HOURS = 10_000_000
#: After failures it is tried again after 1, 2, 4 … minutes, and at last once an hour.
_LONGEST_WAIT_MIN = 60
#: What belongs to one run, and is not remembered.
_OF_ONE_RUN = ("start", "end", "cursor")


class BadSchedule(HydrofleetError):
    """The schedule cannot be made, or is not there."""


def schedule(
    engine: Engine, name: str, request: ExportRequest, *, every: str, hour: int, time_zone: str, folder: Path, by: str,
    now: datetime,
) -> datetime:  # fmt: skip
    """Make ``request`` of every day or week, into files in ``folder``; give when the first one is due.

    The first is that of the day or week in which ``now`` lies; weeks begin on Monday.

    Raises
    ------
    BadSchedule
        If there is one of that name, or the folder is none.
    """
    if not name.isprintable() or not 1 <= len(name) <= 60 or "/" in name:
        raise BadSchedule(f"{name!a} is no name for files; use up to 60 letters, without a slash")
    if not folder.is_absolute() or not folder.is_dir():
        raise BadSchedule(f"{folder} is not a folder; give the whole path of one that the server may write to")
    query = {key: value for key, value in request.said().items() if key not in _OF_ONE_RUN}
    today = now.astimezone(ZoneInfo(time_zone)).date()
    first = today - timedelta(days=today.weekday() if every == "week" else 0)
    values = {"name": name, "every": every, "hour": hour, "time_zone": time_zone, "query": query}
    values |= {"folder": str(folder), "written_until": _midnight(first, time_zone), "created_at": now}
    with session_scope(engine) as session:
        if not add_schedule(session, **values):
            raise BadSchedule(f"there is a schedule {name} already; end it first, or give another name")
        record(session, by, "schedule-export", object_kind="export-schedule", object_id=name, details=query, at=now)
        made = next(one for one in list_schedules(session) if one.name == name)
    return due_at(made)


def unschedule(engine: Engine, name: str, *, by: str, now: datetime) -> None:
    """End a schedule; its files stay.

    Raises
    ------
    BadSchedule
        If there is none of that name.
    """
    with session_scope(engine) as session:
        if not remove_schedule(session, name):
            raise BadSchedule(f"there is no schedule {name}; list them with: hydrofleet exports list")
        record(session, by, "unschedule-export", object_kind="export-schedule", object_id=name, at=now)


def span_of(one: ScheduleRecord) -> tuple[datetime, datetime]:
    """Give the day or week that a schedule writes next."""
    first = one.written_until.astimezone(ZoneInfo(one.time_zone)).date()
    return one.written_until, _midnight(first + timedelta(days=EVERY[one.every]), one.time_zone)


def due_at(one: ScheduleRecord) -> datetime:
    """Give when a schedule writes next: at its hour of the clock, after the day or week is over."""
    day = span_of(one)[1].astimezone(ZoneInfo(one.time_zone)).date()
    return datetime.combine(day, time(one.hour), ZoneInfo(one.time_zone)).astimezone(UTC)


def run_due(engine: Engine, exports: Exports, now: datetime) -> bool:
    """Write one file that is due, if one is; tells whether one was written, so that there may be another."""
    with session_scope(engine) as session:
        due = [
            one for one in list_schedules(session) if due_at(one) <= now and (one.try_at is None or one.try_at <= now)
        ]
    if not due:
        return False
    return _run(engine, exports, min(due, key=lambda one: one.written_until), now)


def _run(engine: Engine, exports: Exports, one: ScheduleRecord, now: datetime) -> bool:
    start, end = span_of(one)
    started: list[int] = []
    try:
        request = request_of(one.query, start, end)
        path = Path(one.folder) / _file_name(one, request)
        by = Asker(f"schedule {one.name}", one.created_by, lambda _: True, schedule=one.name)
        with exports.open(request, by, refresh_hours=_refresh(engine, now)) as stream:
            started.append(stream.id)
            keep(path, stream, request)
    except (OSError, HydrofleetError, psycopg.Error, DBAPIError, KeyError, ValueError) as error:
        _fail(engine, one, started, _in_words(error, one), now)
        return False
    with session_scope(engine) as session:
        move_schedule(session, one.id, written_until=end)
        end_export(session, started[0], "done", now=now, file=str(path))
    return True


def request_of(said: dict[str, Any], start: datetime, end: datetime) -> ExportRequest:
    """Read what :meth:`ExportRequest.said` says, for another span."""
    return ExportRequest(
        Selection(said["devices"], said["site"], said["crop"]),
        start,
        end,
        resolution=Resolution(said["resolution"]),
        fields=tuple(said["fields"]),
        unit=ConductivityUnit(said["unit"]),
        details=frozenset(said["details"]),
        measured=said["values"] == "measured",
        usable_only=said["quality"] == "usable",
        time_zone=said["tz"],
        dialect=said["dialect"],
        layout=Layout(said["layout"]),
        packing=Packing(said["format"]),
    )


def _refresh(engine: Engine, now: datetime) -> Callable[[list[int]], object]:
    return lambda ids: refresh_dirty_hours(engine, now=now, device_ids=ids, limit=_ALL_HOURS)


def _fail(engine: Engine, one: ScheduleRecord, started: list[int], error: str, now: datetime) -> None:
    wait = timedelta(minutes=min(2**one.failures, _LONGEST_WAIT_MIN)) if one.failures < 10 else timedelta(hours=1)
    with session_scope(engine) as session:
        begun = {**one.query, "by": f"schedule {one.name}"}
        number = started[0] if started else begin_export(session, begun, user_id=None, now=now, schedule=one.name)
        end_export(session, number, "failed", now=now, error=error)
        put_off_schedule(session, one.id, try_at=now + wait)


def _in_words(error: Exception, one: ScheduleRecord) -> str:
    if isinstance(error, OSError):
        return f"{one.folder} cannot be written to: {error.strerror}. Make room or mend the folder; it is tried again."
    if isinstance(error, psycopg.Error | DBAPIError):
        return "The database went away. It is tried again."
    if isinstance(error, BadExport | HydrofleetError):
        return f"{error}. It is tried again; end the schedule and make a new one if that is not enough."
    return f"The schedule cannot be read ({error}). End it and make a new one."


def _file_name(one: ScheduleRecord, request: ExportRequest) -> str:
    clock = ZoneInfo(one.time_zone)
    first, last = (
        request.start.astimezone(clock).date(),
        (request.end - timedelta(milliseconds=1)).astimezone(clock).date(),
    )
    days = str(first) if first == last else f"{first}_{last}"
    return f"{one.name}_{days}.{request.packing}"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
