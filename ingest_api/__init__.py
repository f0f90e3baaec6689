"""The machine API: what Raspberry Pis and programs may send and ask, under ``/api``."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, current_app
from sqlalchemy import Engine

from ingest_api import (
    device_config,
    enrollment,
    explanations,
    failures,
    fleet,
    gaps,
    history,
    influx,
    readings,
    reference,
    rotation,
)
from ingest_api.operations import check_request
from ingest_api.principals import Gate, Person
from ingest_api.writer import Writer

__all__ = ["create_blueprint", "current_writer"]

_WRITER = "hydrofleet-writer"


def create_blueprint(
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    person: Callable[[], Person | None] = lambda: None,
    refresh_hours: Callable[[Sequence[int]], object] = lambda device_ids: None,
    extend: Callable[[Blueprint], None] = lambda blueprint: None,
) -> Blueprint:
    """Build the API on one database.

    ``person`` gives who is logged in in the request at hand, None for nobody; ``refresh_hours`` brings the rollups of
    some devices up to date before they are read; ``extend`` adds more routes below ``/api/v1``.
    """
    api = Blueprint("api", __name__, url_prefix="/api")
    gate = Gate(engine, clock, person)
    api.before_request(gate.check)
    api.before_request(check_request)
    failures.install(api)
    writer = Writer(engine)
    api.record_once(lambda state: state.app.extensions.update({_WRITER: writer}))
    reference.add_routes(api)
    influx.add_routes(api, writer, clock)
    blueprint = Blueprint("v1", __name__, url_prefix="/v1")
    readings.add_routes(blueprint, writer, clock)
    device_config.add_routes(blueprint, clock)
    enrollment.add_routes(blueprint, engine, clock)
    rotation.add_routes(blueprint, engine, clock)
    fleet.add_routes(blueprint, engine, clock)
    history.add_routes(blueprint, engine, clock, refresh_hours)
    gaps.add_routes(blueprint, engine, clock)
    explanations.add_routes(blueprint)
    extend(blueprint)
    api.register_blueprint(blueprint)
    return api


def current_writer() -> Writer:
    """Give the writer of the current server, to look at how busy it is."""
    writer: Writer = current_app.extensions[_WRITER]
    return writer
