"""One rule for who is silent, wherever it is told."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.silence import Outage, count_silent, is_silent
from models.db import session_scope
from models.read.operations import Contact, operations
from models.write.devices import register_device
from models.write.quarantine import QuarantineRow, quarantine, settle_held
from models.write.readings import DeviceSeen, record_seen


def test_three_intervals_and_at_least_two_minutes(now):
    contacts = [Contact(10, now - timedelta(seconds=seconds)) for seconds in (119, 121)]
    contacts += [Contact(300, now - timedelta(seconds=seconds)) for seconds in (899, 901)]

    assert [is_silent(one.last_seen_at, one.interval_s, now) for one in contacts] == [False, True, False, True]
    assert count_silent([*contacts, Contact(60, None)], now, None) == 3


def test_nobody_is_silent_because_the_server_was_away(now):
    outage = Outage(now - timedelta(hours=2), now - timedelta(minutes=1))
    contact = Contact(60, now - timedelta(hours=2, minutes=1))

    assert count_silent([contact], now, outage) == 0
    assert count_silent([contact], now, None) == 1


def test_what_watches_over_the_server_is_told_the_same(client: FlaskClient, engine: Engine, now):
    with session_scope(engine) as session:
        devices = [register_device(session, f"pi-{number}", interval_s=60, now=now) for number in (1, 2)]
        record_seen(session, *(DeviceSeen(one.id, now - timedelta(hours=2, minutes=1)) for one in devices[:1]))
        session.execute(
            text("INSERT INTO server_watch (id, beat_at, down_from, up_since) VALUES (1, :now, :since, :until)"),
            {"now": now, "since": now - timedelta(hours=2), "until": now - timedelta(minutes=1)},
        )

    told = client.get("/metrics").text

    assert 'hydrofleet_devices{state="live"} 1.0' in told
    assert 'hydrofleet_devices{state="silent"} 1.0' in told


def test_an_imported_log_is_not_expected_to_speak(client: FlaskClient, engine: Engine, now):
    with session_scope(engine) as session:
        log = register_device(session, "river-2017", origin="import", has_history=True, now=now)
        record_seen(session, DeviceSeen(log.id, now - timedelta(hours=2)))

        assert operations(session, now=now).contacts == []
    assert 'hydrofleet_devices{state="silent"} 0.0' in client.get("/metrics").text


def test_readings_that_somebody_decided_about_no_longer_wait(engine: Engine, now):
    with session_scope(engine) as session:
        device = register_device(session, "pi-1", now=now)
        rows = [QuarantineRow(device.id, f"1970-01-01T00:0{n}:00Z", "too-old", {"ph": 6.0}, now) for n in (1, 2)]
        quarantine(session, rows)
        settle_held(session, device.id, [rows[0].digest], shift=None, by=None, now=now)

        assert operations(session, now=now).quarantined == 1
