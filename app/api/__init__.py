"""Routes of the API that people's use cases answer: the same functions as behind the pages and the command line."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint
from sqlalchemy import Engine

from app.api import (
    audit,
    calibrations,
    devices,
    events,
    exports,
    heatmap,
    joining,
    people,
    quarantine,
    read_tokens,
    refusals,
    statistics,
    targets,
)


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes below ``/api/v1``."""
    refusals.install(blueprint)
    administration = (devices, joining, read_tokens, people, audit)
    for resource in (statistics, heatmap, exports, events, calibrations, quarantine, targets, *administration):
        resource.add_routes(blueprint, engine, clock)
