"""Two questions of machines: does the process answer, and can it do its work?"""

from flask import Blueprint, Response, jsonify
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.db import ping
from models.migrate import revision_state


def create_health(engine: Engine) -> Blueprint:
    """Make ``/healthz`` (the process answers) and ``/readyz`` (the database answers and is migrated)."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response("OK", mimetype="text/plain")

    @health.get("/readyz")
    def ready() -> tuple[Response, int]:
        problem = _problem(engine)
        return jsonify(ready=problem is None, problem=problem), 200 if problem is None else 503

    return health


def _problem(engine: Engine) -> str | None:
    """Say what keeps the server from working; no addresses, names or driver messages, anybody may ask."""
    try:
        ping(engine)
        current, head = revision_state(engine)
    except SQLAlchemyError:
        return "the database does not answer"
    if current != head:
        return f"the database is at revision {current}, this server needs {head}; run: hydrofleet db upgrade"
    return None
