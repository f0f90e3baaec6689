"""People's verdicts on the page: the form in plain values, and the answers on a real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component
from flask import Flask
from sqlalchemy import Engine

from app.overrides import Overrides
from app.pages.device.overrides.callbacks import OverrideAnswers
from app.pages.device.overrides.form import Flaw, Verdict, verdict_of
from app.pages.page import PageContext
from app.principal import Principal, Role, set_current_user
from models.db import session_scope
from models.write.devices import register_device
from models.write.people import create_user

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")
FIELDS = {
    "quantity": "ph",
    "start": "2026-11-23 01:00:00",
    "end": "2026-11-23 01:30:00",
    "verdict": "4",
    "reason": " probe out of the water ",
}


def words_in(component: Any) -> str:
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(words_in, component)))
    return words_in(component.children) if isinstance(component, Component) else str(component or "")


def test_the_form_is_on_the_clock_of_the_site() -> None:
    start = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)

    told = verdict_of(FIELDS, JAKARTA, NOW)

    assert told == Verdict("ph", start, start + timedelta(minutes=30), 4, "probe out of the water")


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"start": None}, Flaw.NO_SPAN),
        ({"end": "2026-11-23 01:00:00"}, Flaw.NO_SPAN),
        ({"start": "2025-11-20 01:00:00"}, Flaw.TOO_LONG),
        ({"end": "2026-11-24 01:00:00"}, Flaw.IN_THE_FUTURE),
        ({"reason": "  "}, Flaw.NO_REASON),
        ({"reason": "x" * 501}, Flaw.NO_REASON),
    ],
)
def test_what_is_wrong_with_the_form_is_said(change: dict[str, Any], flaw: Flaw) -> None:
    assert verdict_of({**FIELDS, **change}, JAKARTA, NOW) is flaw


@pytest.fixture
def person(engine: Engine, now: datetime) -> Callable[[Role], Principal]:
    """Add somebody of a role, and the tank pi-52 that the source in memory knows, too."""

    def add(role: Role) -> Principal:
        with session_scope(engine) as session:
            register_device(session, "pi-52", now=now)
            return Principal(create_user(session, "sari", str(role), "x").id, "sari", role)

    return add


@pytest.fixture
def answers(engine: Engine, source: Any) -> OverrideAnswers:
    return OverrideAnswers(source, Overrides(engine), PageContext(engine, lambda: NOW))


def test_a_verdict_is_listed_until_it_is_withdrawn(
    server: Flask, answers: OverrideAnswers, person: Callable[[Role], Principal]
) -> None:
    with server.test_request_context():
        set_current_user(person(Role.AGRONOMIST))

        assert answers.save("pi-52", FIELDS) == ""

        listed = answers.list("pi-52", address="?range=24h", unit=None)
        assert words_in(listed) == ("23 Nov 01:00 – 23 Nov 01:30 pH Bad probe out of the water sari Withdraw")
        assert answers.withdraw(1) == "Withdrawn: the automatic tests decide again."
        assert answers.withdraw(1) == "This verdict has been withdrawn already."
        assert "Nobody has overruled" in words_in(answers.list("pi-52", address="?range=24h", unit=None))


def test_a_viewer_judges_nothing_and_sees_no_buttons(
    server: Flask, engine: Engine, answers: OverrideAnswers, person: Callable[[Role], Principal]
) -> None:
    viewer = person(Role.VIEWER)
    agronomist = Principal(viewer.id, "sari", Role.AGRONOMIST)
    start = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    Overrides(engine).set(agronomist, "pi-52", "ph", start, start + timedelta(minutes=30), 4, "dry", NOW)

    with server.test_request_context():
        set_current_user(viewer)

        assert answers.save("pi-52", FIELDS) == "Only agronomists and administrators may judge readings."
        assert answers.withdraw(1) == "Only agronomists and administrators may judge readings."
        assert words_in(answers.list("pi-52", address="?range=24h", unit=None)).endswith("dry sari")


def test_a_zoom_is_the_span_to_judge(answers: OverrideAnswers, make: Any) -> None:
    start = int(make.START.timestamp() * 1000)

    zoomed = answers.open("pi-52", address=f"?range=24h&zoom={start}-{start + 3_600_000}")

    assert (zoomed["start"], zoomed["end"]) == ("2026-11-23 00:00:00", "2026-11-23 01:00:00")
    assert answers.open("pi-52", address="?range=24h")["start"] is None
