"""The form for a band: what stands in it is saved, and only what differs from what holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.pages.page import PageContext
from app.pages.targets.bands import BandAnswers
from app.pages.targets.source import TargetSource
from app.principal import Principal, Role, set_current_user
from app.targets import NothingChanged
from models.db import session_scope
from models.read.target_versions import targets_frame
from models.write.people import create_user
from models.write.targets import set_target


@pytest.fixture
def sari(engine: Engine) -> Principal:
    with session_scope(engine) as session:
        return Principal(create_user(session, "sari", "agronomist", None).id, "sari", Role.AGRONOMIST)


@pytest.fixture
def answers(server: Flask, engine: Engine, now: datetime, sari: Principal) -> Any:
    """The page as Sari uses it; full-grown lettuce keeps to 1234 to 1876 µS/cm by our trial."""
    with session_scope(engine) as session:
        band = (1234.0, 1876.0)
        begin = now - timedelta(days=5)
        set_target(session, "lettuce", "adult", "ec_us_cm", band, source="our trial", valid_from=begin)
    with server.test_request_context():
        set_current_user(sari)
        yield BandAnswers(TargetSource(engine), engine, PageContext(engine, lambda: now))


def form(answers: BandAnswers, unit: str, **typed: str) -> dict[str, Any]:
    shown = answers.look("lettuce", "adult|ec_us_cm", unit)
    fields = {name: shown[name] for name in ("low", "high", "source")}
    return {"crop": "lettuce", "cell": "adult|ec_us_cm", "unit": unit, "day": None, **fields, **typed}


def ec_bands(engine: Engine) -> list[tuple[float, float]]:
    with session_scope(engine) as session:
        frame = targets_frame(session, crop="lettuce")
    frame = frame[(frame["stage"] == "adult") & (frame["quantity"] == "ec_us_cm")]
    return [(row.low, row.high) for row in frame.itertuples()]


@pytest.mark.parametrize(("unit", "low"), [("ms-cm", "1.23"), ("ppm700", "863.8"), ("us-cm", "1234")])
def test_a_form_that_nobody_touched_changes_nothing_whatever_the_unit_rounds(
    answers: BandAnswers, engine: Engine, sari: Principal, unit: str, low: str
):
    untouched, before = form(answers, unit), ec_bands(engine)
    assert untouched["low"] == low

    effect = answers.effect(untouched)

    assert effect == {"effect": "Nothing changed: this band holds already.", "disabled": True}
    with pytest.raises(NothingChanged):
        answers.save(untouched, by=sari)
    assert ec_bands(engine) == before


def test_the_limit_that_nobody_touched_stays_as_it_is_stored(answers: BandAnswers, engine: Engine, sari: Principal):
    changed = form(answers, "ms-cm", high="1.9")

    assert answers.effect(changed)["disabled"] is False
    answers.save(changed, by=sari)

    assert ec_bands(engine)[-1] == (1234.0, 1900.0)


def test_another_source_is_a_change(answers: BandAnswers):
    assert answers.effect(form(answers, "ms-cm", source="a book"))["disabled"] is False
