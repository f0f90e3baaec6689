"""A server whose demo mistake wants repair, the repair job beside it, and the answers of the pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import Engine

from analytics.calibration import PhCalibration, ph_mv_for
from app.calibration.desk import CalibrationDesk
from app.demo.mistake import install_mistake
from app.jobs.rollups import refresh_dirty_hours
from app.pages.calibrate.filling import FillingAnswers
from app.pages.calibrate.live import LiveAnswers
from app.pages.calibrate.saving import SavingAnswers
from app.pages.calibrate.source import CalibrationSource
from app.pages.page import PageContext
from app.principal import Principal, Role, set_current_user
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.write.devices import register_device
from models.write.people import create_user

TRUTH = {"ph7_mv": 1510.0, "slope_mv_per_ph": -170.0}
#: Four weeks, a reading every five minutes.
COUNT = 28 * 288


class Pages:
    """The answers of the Calibrate page, given the same parts as in the server."""

    def __init__(self, engine: Engine, clock: Callable[..., Any]) -> None:
        context = PageContext(engine, clock)
        source, desk = CalibrationSource(engine), CalibrationDesk(engine, clock)
        self.context = context
        self.live = LiveAnswers(source, desk, context)
        self.filling = FillingAnswers(source, context)
        self.saving = SavingAnswers(source, desk, context)


@pytest.fixture
def pages(engine: Engine, clock: Any) -> Pages:
    return Pages(engine, clock)


@pytest.fixture
def device(engine: Engine, clock: Any) -> Any:
    """pi-17 around pH 6.005 for four weeks; two weeks ago its pH 7.00 sachet was taken for one of 6.86."""
    now = clock()
    truth = PhCalibration(TRUTH["ph7_mv"], TRUTH["slope_mv_per_ph"], 25.0)
    ts_ms = int(now.timestamp() * 1000) - 300_000 * np.arange(COUNT)[::-1]
    ph = 6.0 + 0.1 * np.sin(np.arange(COUNT) / 40) + np.arange(COUNT) * 7919 % 101 / 10_100
    with session_scope(engine) as session:
        made = register_device(session, "pi-17", interval_s=300, has_history=True, now=now - timedelta(days=60))
        install_mistake(session, made, TRUTH, start=now - timedelta(days=28), now=now)
        sent = SentReadings.of(made.id, ts_ms, ph_mv=ph_mv_for(ph, 25.0, truth), ec_mv=1500.0 + 50 * ph, water_c=25.0)
        take_in(session, {made.id: made}, sent, now=now)
    refresh_dirty_hours(engine, now=now)
    return made


@pytest.fixture
def asked_by(server: Flask, engine: Engine) -> Callable[..., Any]:
    """Give a context in which callbacks are asked by a person of this role."""

    @contextmanager
    def asking(role: str) -> Iterator[Principal]:
        with session_scope(engine) as session:
            person = Principal(create_user(session, role, role, None).id, role, Role(role))
        with server.test_request_context():
            set_current_user(person)
            yield person

    return asking
