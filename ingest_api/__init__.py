"""The machine API: what Raspberry Pis and programs may send and ask, under ``/api/v1``."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint
from sqlalchemy import Engine

from ingest_api import device_config, failures, fleet, history, problems, readings
from ingest_api.operations import check_request
from ingest_api.principals import Gate, Person
from ingest_api.writer import Writer

__all__ = ["create_blueprint"]


def create_blueprint(
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    person: Callable[[], Person | None] = lambda: None,
    refresh_hours: Callable[[Sequence[int]], object] = lambda device_ids: None,
) -> Blueprint:
    """Build the API on one database.

    ``person`` gives who is logged in in the request at hand, None for nobody; ``refresh_hours`` brings the rollups of
    some devices up to date before they are read.
    """
    blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
    gate = Gate(engine, clock, person)
    blueprint.before_request(gate.check)
    blueprint.before_request(check_request)
    failures.install(blueprint)
    readings.add_routes(blueprint, Writer(engine), clock)
    device_config.add_routes(blueprint, clock)
    fleet.add_routes(blueprint, engine, clock)
    history.add_routes(blueprint, engine, clock, refresh_hours)
    problems.add_routes(blueprint)
    return blueprint
