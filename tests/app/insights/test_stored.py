"""Results survive the way into the database and back."""

from datetime import UTC, datetime
from math import inf, isnan, nan

import numpy as np
import pandas as pd
import pytest

from analytics.compensation import Compensation, CompensationCheck
from analytics.forecast import Forecast, Outlook
from analytics.probe_health import ProbeHealth
from analytics.quantities import Quantity
from analytics.units import PpmScale
from app.insights.findings import Apart, Check, Creep, Heading, Lack, OtherScale, Outcome, OutOfBand, Result, Urgency
from app.insights.stored import packed, unpacked
from models.db import session_scope
from models.read.watch import findings_by_device
from models.write.devices import register_device
from models.write.watch import replace_findings

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
EVIDENCE = [
    OutOfBand(6.94, 5.5, 6.5, AT, at_least=True),
    Heading(Forecast(Outlook.LEAVES_HIGH, 5.0, 3.5, inf), 6.5),
    OtherScale(2100.0, 1.4, PpmScale(700), PpmScale(500), 8),
    Creep(np.float64(-0.02), -0.03, -0.01, -0.28, 14, 8),
    Apart(7.2, 1.1, 8),
    CompensationCheck(Compensation.TWICE, -1.9, -0.97, 6.5),
    ProbeHealth(86.0, 22.0, -1.0, 0.5, pd.Timestamp("2026-12-24", tz="UTC"), "slope"),
    ProbeHealth(86.0, 22.0, -1.0, 0.5, None, "no trend"),
]


def result(**changes: object) -> Result:
    known = {
        "device_id": 7, "device": "pi-7", "check": Check.BAND, "quantity": Quantity.PH, "outcome": Outcome.FOUND,
        "start": AT, "end": AT, "urgency": Urgency.NOW,
    }  # fmt: skip
    return Result(**{**known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda one: type(one).__name__)
def test_what_was_found_comes_back_as_it_was(engine, now, evidence):
    found = result(evidence=evidence)
    with session_scope(engine) as session:
        device = register_device(session, "pi-7", now=now)
        replace_findings(session, {device.id: [packed(found)]}, now=now)

    with session_scope(engine) as session:
        stored = findings_by_device(session)[device.id]

    assert [unpacked(one) for one in stored] == [found]


def test_why_nothing_can_be_said_comes_back_too():
    unknown = result(check=Check.LIMIT, outcome=Outcome.UNKNOWN, urgency=None, lack=Lack.NO_TREND)

    assert unpacked(packed(unknown)) == unknown


def test_a_number_that_is_none_stays_none():
    back = unpacked(packed(Heading(Forecast(Outlook.NO_TREND), nan)))

    assert isnan(back.limit)
    assert isnan(back.forecast.hours)
