"""Two questions of machines: does the process answer, and can it do its work?"""

import shutil
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, jsonify
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.settings import Settings
from models.db import session_scope
from models.migrate import revision_state
from models.read.operations import month_of, readings_months

#: From here on people are warned, and then no more work is taken on: PostgreSQL needs room to clean up.
DISK_WARNING, DISK_FULL = 0.85, 0.98
_FINE = "ok"
#: Worth a look, though all work is done: readings without a table of their month have a place, and it is made for them.
_HARMLESS = frozenset({"partitions"})


def create_health(settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> Blueprint:
    """Make ``/healthz`` (the process answers, whatever else is wrong) and ``/readyz`` (it can do its work).

    Anybody may ask, so the answers hold no addresses, names or messages of the driver.
    """
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response("OK", mimetype="text/plain")

    @health.get("/readyz")
    def ready() -> tuple[Response, int]:
        checks = {**_database_checks(engine, clock()), "disk": _disk_check(disk_used(settings))}
        problem = next((said for name, said in checks.items() if said != _FINE and name not in _HARMLESS), None)
        return jsonify(ready=problem is None, problem=problem, checks=checks), 200 if problem is None else 503

    return health


def disk_used(settings: Settings) -> float:
    """Give the share of the disk in use where the data are, 0 to 1."""
    disk = shutil.disk_usage(settings.existing_data_dir)
    return 1 - disk.free / disk.total


def _database_checks(engine: Engine, now: datetime) -> dict[str, str]:
    try:
        current, head = revision_state(engine)
        if current != head:
            said = f"the database is at revision {current}, this server needs {head}; run: hydrofleet db upgrade"
            return {"database": _FINE, "migrations": said}
        with session_scope(engine) as session:
            has_room = month_of(now) in readings_months(session)
    except SQLAlchemyError:
        return {"database": "the database does not answer"}
    partitions = _FINE if has_room else f"the readings of {now:%Y-%m} have no table of their own yet"
    return {"database": _FINE, "migrations": _FINE, "partitions": partitions}


def _disk_check(used: float) -> str:
    return _FINE if used < DISK_FULL else f"the disk is {used:.0%} full; free some space or move the data"
