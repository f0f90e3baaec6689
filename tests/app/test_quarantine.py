"""Readings with an impossible time wait for a person, who gives them their time or drops them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.principal import Principal, Role
from app.quarantine import NotAllowed, Quarantine, QuarantineRefused, Retimed
from models.db import session_scope
from models.errors import UnknownRun
from models.read.audit import AuditQuery, search_audit
from models.read.quarantine import HeldRun
from models.write.devices import issue_token, register_device

SARI = Principal(0, "sari", Role.AGRONOMIST)
#: 1970-01-01 00:00 on a Pi that started at 2026-11-22 12:00 UTC.
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATE = START - EPOCH


@pytest.fixture
def desk(engine: Engine, now: datetime) -> Quarantine:
    return Quarantine(engine, lambda: now)


@pytest.fixture
def post(server: Flask, engine: Engine, clock: Any, now: datetime) -> Callable[..., dict[str, Any]]:
    """Let pi-7, registered two days ago, post readings at a moment; gives the receipt."""
    with session_scope(engine) as session:
        register_device(session, "pi-7", site="north", now=now - timedelta(days=2))
        token = issue_token(session, "pi-7", now=now)

    def post(*readings: dict[str, Any], at: datetime) -> dict[str, Any]:
        clock.at = at
        answer = server.test_client().post(
            "/api/v1/readings",
            json={"stream": "6f1c", "readings": list(readings)},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200
        return answer.get_json()

    return post


def reading(seq: int, at: datetime, **values: float | None) -> dict[str, Any]:
    return {"seq": seq, "ts": at.isoformat(), "ph_mv": 1655.25, "ec_mv": 1210.5, "water_c": 21.5, **values}


def stored(engine: Engine) -> list[Any]:
    columns = "ts, ph_mv, ec_mv, water_c, round(ph::numeric, 2), seq, stream"
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT {columns} FROM readings ORDER BY ts")).all()  # noqa: S608


def test_a_pi_that_woke_up_in_1970_gets_its_times(
    desk: Quarantine, post: Callable[..., dict[str, Any]], engine: Engine
) -> None:
    for minute in (1, 2, 3):
        wrong = EPOCH + timedelta(minutes=minute)
        answer = post(reading(minute, wrong), at=START + timedelta(minutes=minute, seconds=1))
        assert (answer["accepted"], answer["quarantined"]) == (0, 1)
    (run,) = desk.runs(by=SARI)

    assert (run.device, run.reason, run.readings) == ("pi-7", "too-old", 3)
    assert (run.first_at, run.last_at) == (EPOCH + timedelta(minutes=1), EPOCH + timedelta(minutes=3))
    assert run.behind == LATE + timedelta(seconds=1)

    assert desk.retime(run.name, LATE, by=SARI) == Retimed(accepted=3, duplicates=0, conflicts=0)

    rows = stored(engine)
    assert [row[0] for row in rows] == [START + timedelta(minutes=minute) for minute in (1, 2, 3)]
    assert [tuple(row[1:4]) for row in rows] == [(1655.25, 1210.5, 21.5)] * 3
    assert [row[5] for row in rows] == [1, 2, 3]
    assert desk.runs(by=SARI) == []


def test_what_is_given_its_time_is_as_if_it_had_come_with_it(
    desk: Quarantine, post: Callable[..., dict[str, Any]], engine: Engine
) -> None:
    post(reading(1, START + timedelta(minutes=1)), at=START + timedelta(minutes=1))
    post(reading(2, EPOCH + timedelta(minutes=2), ec_mv=None), at=START + timedelta(minutes=2))
    (run,) = desk.runs(by=SARI)

    desk.retime(run.name, LATE, by=SARI)

    first, second = stored(engine)
    assert (second[4], second[6]) == (first[4], first[6])
    assert second[2] is None
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM dirty_hours")) == 1


def test_two_starts_of_a_pi_are_two_runs(desk: Quarantine, post: Callable[..., dict[str, Any]]) -> None:
    later = START + timedelta(hours=5)
    post(reading(1, EPOCH + timedelta(minutes=1)), reading(2, EPOCH + timedelta(minutes=2)), at=START)
    post(reading(3, EPOCH + timedelta(minutes=1)), at=later)

    runs = desk.runs(by=SARI)

    assert [(run.readings, run.received_to) for run in runs] == [(1, later), (2, START)]


def test_the_newest_reading_sent_first_does_not_cut_a_run(
    desk: Quarantine, post: Callable[..., dict[str, Any]]
) -> None:
    made = [reading(seq, EPOCH + timedelta(minutes=seq)) for seq in (9, 1, 2, 3)]

    post(*made, at=START)

    assert [run.readings for run in desk.runs(by=SARI)] == [4]


def test_readings_that_are_there_already_stay_as_they_are(
    desk: Quarantine, post: Callable[..., dict[str, Any]], engine: Engine
) -> None:
    at = START + timedelta(minutes=1)
    post(reading(1, at), reading(2, at + timedelta(minutes=1), ph_mv=1500.0), at=START + timedelta(minutes=5))
    same, other = EPOCH + timedelta(minutes=1), EPOCH + timedelta(minutes=2)
    post(reading(1, same), reading(2, other), at=START + timedelta(minutes=6))
    (run,) = desk.runs(by=SARI)

    assert desk.retime(run.name, LATE, by=SARI) == Retimed(accepted=0, duplicates=1, conflicts=1)
    assert [row[1] for row in stored(engine)] == [1655.25, 1500.0]


def test_a_person_may_say_that_a_device_measured_before_it_was_registered(
    desk: Quarantine, post: Callable[..., dict[str, Any]]
) -> None:
    post(reading(1, START - timedelta(days=30)), at=START)
    (run,) = desk.runs(by=SARI)

    assert run.reason == "before-device"
    assert desk.retime(run.name, timedelta(0), by=SARI).accepted == 1


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (LATE + timedelta(days=1), "in the future"),
        (timedelta(days=1), "1970-01-02T00:02:00.000Z is no time"),
        (timedelta(days=3_000_000), "is no time"),
        (timedelta(days=-730_000), "is no time"),
    ],
)
def test_a_time_that_cannot_be_true_is_refused_and_nothing_is_lost(
    desk: Quarantine, post: Callable[..., dict[str, Any]], shift: timedelta, said: str
) -> None:
    post(reading(1, EPOCH + timedelta(minutes=2)), at=START)
    (run,) = desk.runs(by=SARI)

    with pytest.raises(QuarantineRefused, match=said):
        desk.retime(run.name, shift, by=SARI)
    assert desk.runs(by=SARI) == [run]


def test_dropped_readings_stay_on_record_with_the_reason(
    desk: Quarantine, post: Callable[..., dict[str, Any]], engine: Engine
) -> None:
    post(reading(1, EPOCH), reading(2, EPOCH + timedelta(minutes=1)), at=START)
    (run,) = desk.runs(by=SARI)
    with pytest.raises(QuarantineRefused, match="say why"):
        desk.drop(run.name, "  ", by=SARI)

    assert desk.drop(run.name, "the probe lay on the bench", by=SARI) == 2

    assert desk.runs(by=SARI) == []
    with session_scope(engine) as session:
        (entry,) = search_audit(session, AuditQuery(action="drop-readings"), before=None, limit=5)
        kept = session.execute(text("SELECT ts, retimed_to FROM quarantine ORDER BY ts")).all()
    assert (entry.actor, entry.object_id, entry.details["reason"]) == ("sari", "pi-7", "the probe lay on the bench")
    assert kept == [("1970-01-01T00:00:00.000Z", None), ("1970-01-01T00:01:00.000Z", None)]


def test_nobody_decides_twice(desk: Quarantine, post: Callable[..., dict[str, Any]]) -> None:
    post(reading(1, EPOCH), at=START)
    (run,) = desk.runs(by=SARI)
    desk.retime(run.name, LATE, by=SARI)

    with pytest.raises(UnknownRun):
        desk.drop(run.name, "too late", by=SARI)


@pytest.mark.parametrize("by", [None, Principal(0, "vera", Role.VIEWER)])
def test_who_may_only_look_decides_nothing(desk: Quarantine, by: Principal | None) -> None:
    for ask in (desk.runs, lambda by: desk.retime("a", LATE, by=by), lambda by: desk.drop("a", "why", by=by)):
        with pytest.raises(NotAllowed):
            ask(by=by)


def test_a_run_keeps_its_name_while_more_of_it_arrives(desk: Quarantine, post: Callable[..., dict[str, Any]]) -> None:
    post(reading(1, EPOCH), at=START)
    before: HeldRun = desk.runs(by=SARI)[0]

    post(reading(2, EPOCH + timedelta(minutes=1)), at=START + timedelta(minutes=1))

    (after,) = desk.runs(by=SARI)
    assert (after.name, after.readings) == (before.name, 2)
