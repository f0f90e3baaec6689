"""Small batches share a transaction; none of them suffers from its neighbours."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

import numpy as np
import pytest
from sqlalchemy import event, text

from ingest_api import writer as writing
from ingest_api.overload import Overloaded
from ingest_api.payloads import parse
from ingest_api.reception import Receipt
from ingest_api.writer import Writer
from models.db import session_scope
from models.read.readings import count_readings
from models.write.calibrations import add_calibration, begin_change


@pytest.fixture
def writer(engine):
    return Writer(engine)


def batch_of(pi, *seconds, ph=6.0, stream="6f1c", **envelope):
    readings = ", ".join(f'{{"ts": "2026-11-23T00:00:{second:02d}Z", "ph": {ph}}}' for second in seconds)
    more = "".join(f', "{name}": {value}' for name, value in envelope.items())
    return parse(f'{{"stream": "{stream}", "readings": [{readings}]{more}}}'.encode(), pi.record.id)


def scalar(engine, query):
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()


def commits(engine):
    """Count the transactions that are committed from now on."""
    seen = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    return seen


def together(engine, writer, submissions):
    """Run submissions so that all but the first find a transaction under way, and share the next one."""
    blocked, release = Event(), Event()

    def hold_up_once(_):
        if not blocked.is_set():
            blocked.set()
            assert release.wait(10)

    event.listen(engine, "commit", hold_up_once)
    deadline = time.monotonic() + 10
    with ThreadPoolExecutor(len(submissions)) as threads:
        running = [threads.submit(submissions[0])]
        assert blocked.wait(10)
        for position, one in enumerate(submissions[1:], start=1):
            running.append(threads.submit(one))
            while writer.waiting < position:
                assert time.monotonic() < deadline
        release.set()
        return [one.exception(10) or one.result() for one in running]


def test_every_batch_gets_its_own_receipt(api, writer, pi):
    other = api.register("pi-8")
    now = api.now

    def submit(device, *seconds, ph=6.0):
        return lambda: writer.submit(device.record, batch_of(device, *seconds, ph=ph), now=now, address=None)

    receipts = together(api.engine, writer, [submit(pi, 1), submit(other, 1, 2, 3), submit(pi, 2, 2), submit(other, 9)])

    assert receipts == [
        Receipt(1, 0, 0, 0, 0),
        Receipt(3, 0, 0, 0, 0),
        Receipt(1, 1, 0, 0, 0),
        Receipt(1, 0, 0, 0, 0),
    ]
    with session_scope(api.engine) as session:
        assert (count_readings(session, pi.record.id), count_readings(session, other.record.id)) == (2, 4)


def test_batches_that_wait_together_are_committed_together(api, writer):
    devices = [api.register(f"pi-{number}") for number in range(1, 21)]
    committed = commits(api.engine)

    together(
        api.engine,
        writer,
        [
            lambda pi=pi: writer.submit(pi.record, batch_of(pi, 1), now=api.now, address=None)  # type: ignore[misc]
            for pi in devices
        ],
    )

    assert len(committed) <= 4
    assert scalar(api.engine, "SELECT count(*) FROM readings") == 20


def one_reading_each(api, writer, devices, second):
    return [
        lambda pi=pi: writer.submit(pi.record, batch_of(pi, second), now=api.now, address=None)  # type: ignore[misc]
        for pi in devices
    ]


def test_a_crowd_that_is_about_to_post_again_is_let_come(api, writer, monkeypatch):
    devices = [api.register(f"pi-{number}") for number in range(1, 7)]
    together(api.engine, writer, one_reading_each(api, writer, devices, 1))
    monkeypatch.setattr(writing, "STILL_S", 10.0)
    monkeypatch.setattr(writing, "GATHER_S", 10.0)
    committed = commits(api.engine)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda submit: submit(), one_reading_each(api, writer, devices, 2)))

    assert len(committed) == 1
    assert scalar(api.engine, "SELECT count(*) FROM readings") == 12


def test_whoever_comes_alone_after_a_crowd_is_stored_all_the_same(api, writer):
    devices = [api.register(f"pi-{number}") for number in range(1, 7)]
    together(api.engine, writer, one_reading_each(api, writer, devices, 1))

    receipts = [submit() for submit in one_reading_each(api, writer, devices[:3], 2)]

    assert receipts == [Receipt(1, 0, 0, 0, 0)] * 3


def test_a_batch_that_the_database_refuses_costs_only_itself(api, writer, pi):
    others = [api.register(f"pi-{number}") for number in (1, 2, 3)]
    poison = batch_of(pi, 5)
    # No parser lets this through; the last wall is the table's own check.
    poison = replace(poison, sent=replace(poison.sent, seq=np.array([2**40])))

    answers = together(
        api.engine,
        writer,
        [
            lambda: writer.submit(others[0].record, batch_of(others[0], 1), now=api.now, address=None),
            lambda: writer.submit(others[1].record, batch_of(others[1], 1), now=api.now, address=None),
            lambda: writer.submit(pi.record, poison, now=api.now, address=None),
            lambda: writer.submit(others[2].record, batch_of(others[2], 1), now=api.now, address=None),
        ],
    )

    assert [isinstance(one, Receipt) for one in answers] == [True, True, False, True]
    assert scalar(api.engine, "SELECT count(*) FROM readings") == 3


def test_what_two_batches_of_one_device_say_about_it_is_kept(api, writer, pi):
    def submit(second, **envelope):
        batch = batch_of(pi, second, **envelope)
        return lambda: writer.submit(pi.record, batch, now=api.now, address="10.0.0.7")

    together(api.engine, writer, [submit(1), submit(2, agent='"0.2.0"'), submit(3, interval_s=10)])

    with api.engine.connect() as connection:
        row = connection.execute(text("SELECT agent, interval_s, address FROM device_state")).one()
    assert tuple(row) == ("0.2.0", 10.0, "10.0.0.7")


def test_a_reading_is_converted_by_the_calibration_that_was_just_made(api, writer, pi):
    raw = [
        parse(f'{{"readings": [{{"ts": "2026-11-23T00:00:0{n}Z", "ph_mv": 1655.0}}]}}'.encode(), pi.record.id)
        for n in (1, 2)
    ]
    writer.submit(pi.record, raw[0], now=api.now, address=None)
    with session_scope(api.engine) as session:
        begin_change(session, pi.record.id)
        made = add_calibration(
            session,
            pi.record.id,
            "ph",
            "two-point",
            {"ph7_mv": 1655.0, "slope_mv_per_ph": -170.0},
            valid_from=api.now - timedelta(days=1),
        )

    writer.submit(pi.record, raw[1], now=api.now, address=None)

    with api.engine.connect() as connection:
        rows = connection.execute(text("SELECT ph_calibration_id, ph FROM readings ORDER BY ts")).all()
    assert rows[0][0] is None
    assert tuple(rows[1]) == (made, 7.0)


def test_a_queue_keeps_its_number_where_its_first_transaction_failed(api, writer, pi):
    poison = batch_of(pi, 1, 2, stream="first")
    poison = replace(poison, sent=replace(poison.sent, seq=np.array([2**40, 0])))
    with pytest.raises(Exception, match="out of range"):
        writer.submit(pi.record, poison, now=api.now, address=None)

    for second, stream in ((3, "second"), (4, "first"), (5, "second"), (6, "first")):
        writer.submit(pi.record, batch_of(pi, second, stream=stream), now=api.now, address=None)

    with api.engine.connect() as connection:
        query = "SELECT s.name FROM readings r JOIN streams s ON (s.device_id, s.number) = (r.device_id, r.stream)"
        assert list(connection.scalars(text(f"{query} ORDER BY r.ts"))) == ["second", "first", "second", "first"]


def test_more_batches_than_may_wait_are_turned_away_at_once(api, writer, pi, monkeypatch):
    monkeypatch.setattr(writing, "MOST_WAITING", 0)

    with pytest.raises(Overloaded, match="0 batches wait"):
        writer.submit(pi.record, batch_of(pi, 1), now=api.now, address=None)


def test_whoever_waits_for_a_locked_row_makes_nobody_else_wait_in_vain(api, writer, pi, engine):
    others = [api.register(f"pi-{number}") for number in (1, 2, 3)]
    for device in (pi, *others):
        writer.submit(device.record, batch_of(device, 1), now=api.now, address=None)

    with engine.begin() as other:
        locked = {"device": pi.record.id}
        other.execute(text("SELECT 1 FROM device_state WHERE device_id = :device FOR UPDATE"), locked)
        answers = together(
            api.engine,
            writer,
            [
                lambda device=device: writer.submit(  # type: ignore[misc]
                    device.record, batch_of(device, 2), now=api.now, address=None
                )
                for device in (*others[:2], others[2], pi)
            ],
        )

    assert [isinstance(one, Receipt) for one in answers] == [True, True, True, False]
    assert scalar(engine, "SELECT count(*) FROM readings") == 7


def test_a_locked_table_turns_small_batches_away_within_three_seconds(api, writer, pi, engine):
    with engine.begin() as other, ThreadPoolExecutor(4) as threads:
        other.execute(text("LOCK TABLE device_state"))
        waiting = [
            threads.submit(writer.submit, pi.record, batch_of(pi, second), now=api.now, address=None)
            for second in range(4)
        ]
        errors = [one.exception(3.5) for one in waiting]

    assert all(errors)
    assert writer.submit(pi.record, batch_of(pi, 9), now=api.now, address=None).accepted == 1
