"""The machine API: what Raspberry Pis and programs may send and ask, under ``/api/v1``."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint
from sqlalchemy import Engine

from ingest_api import device_config, failures, fleet, history, problems, readings
from ingest_api.principals import Gate

__all__ = ["create_blueprint"]


def create_blueprint(
    engine: Engine, *, clock: Callable[[], datetime], is_person: Callable[[], bool] = lambda: False
) -> Blueprint:
    """Build the API on one database.

    ``is_person`` tells whether the request at hand comes from a person who is logged in; people may read.
    """
    blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
    gate = Gate(engine, clock, is_person)
    blueprint.before_request(gate.check)
    failures.install(blueprint)
    readings.add_routes(blueprint, engine, clock)
    device_config.add_routes(blueprint, clock)
    fleet.add_routes(blueprint, engine, clock)
    history.add_routes(blueprint, engine, clock)
    problems.add_routes(blueprint)
    return blueprint
