"""``/quarantine``: readings that came with an impossible time, until a person has decided about them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy import Engine

from app.api.wire import Stamp
from app.principal import Role, current_user
from app.quarantine import Quarantine
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed
from models.read.quarantine import HeldRun

#: A clock can be wrong by this much: from the year 1 to 9999.
_LONGEST_S = 3.2e11


class Run(Struct):
    """Readings of one device whose clock was wrong by the same amount.

    ``first_ts`` and ``last_ts`` are as sent. ``behind_s`` added to them gives the times at which the readings were
    made if they were sent at once; readings that were kept back are older than that.
    """

    id: str
    device: str
    reason: str
    readings: int
    first_ts: Stamp
    last_ts: Stamp
    received_from: Stamp
    received_to: Stamp
    behind_s: float


class RunList(Struct):
    """All that wait, what came in last first."""

    runs: list[Run]


class Shift(Struct, forbid_unknown_fields=True):
    """What is added to the time of every reading of the run."""

    shift_s: Annotated[float, Meta(ge=-_LONGEST_S, le=_LONGEST_S)]


class RetimedAnswer(Struct):
    """What became of the readings; the counts add up to the run."""

    accepted: int
    duplicates: int
    conflicts: int


class Drop(Struct, forbid_unknown_fields=True):
    """Why the readings are left out."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class DropAnswer(Struct):
    """How many readings are left out."""

    dropped: int


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    quarantine = Quarantine(engine, clock)

    @blueprint.get("/quarantine")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("List readings with an impossible time", answer=RunList)
    def held_readings() -> Response:
        """Run by run: what a device measured while its clock was wrong by the same amount."""
        return answer(RunList([_run(one) for one in quarantine.runs(by=current_user())]))

    @blueprint.post("/quarantine/<run>/retime")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Give a run its time", body=Shift, answer=RetimedAnswer, problems=("unknown-item", "refused"))
    def retime_readings(run: str) -> Response:
        """Its readings are moved, and stored like any others."""
        shift = timedelta(seconds=read_typed(request, Shift).shift_s)
        done = quarantine.retime(run[:64], shift, by=current_user())
        return answer(RetimedAnswer(done.accepted, done.duplicates, done.conflicts))

    @blueprint.post("/quarantine/<run>/drop")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Leave a run out", body=Drop, answer=DropAnswer, problems=("unknown-item", "refused"))
    def drop_readings(run: str) -> Response:
        """What was sent stays on record, and is never shown."""
        return answer(DropAnswer(quarantine.drop(run[:64], read_typed(request, Drop).reason, by=current_user())))


def _run(one: HeldRun) -> Run:
    return Run(
        one.name,
        one.device,
        one.reason,
        one.readings,
        format_moment(one.first_at),
        format_moment(one.last_at),
        format_moment(one.received_from),
        format_moment(one.received_to),
        one.behind.total_seconds(),
    )
