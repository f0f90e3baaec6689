"""The oracle of the drills sees what it is there to see: each fault, made on purpose, is counted."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from models.db import session_scope
from models.read.devices import DeviceRecord
from models.rows import ReadingRows
from models.write.devices import register_device
from models.write.readings import store_readings
from models.write.streams import stream_number
from tests.drills.ledger import Ledger, Made, make

START_MS = 1795392000000
RECEIPT = {"accepted": 10, "duplicates": 0}


@pytest.fixture
def device(engine: Engine, now: datetime) -> DeviceRecord:
    with session_scope(engine) as session:
        return register_device(session, "pi-1", now=now)


@pytest.fixture
def made(engine: Engine, device: DeviceRecord, now: datetime) -> list[Made]:
    """Ten readings of one Pi, all of them stored."""
    readings = [make("pi-1", 1, seq, start_ms=START_MS) for seq in range(10)]
    with session_scope(engine) as session:
        number = stream_number(session, device.id, "pi-1", 0, now)
        columns = {name: [getattr(one, name) for one in readings] for name in ("ph_mv", "ec_mv", "water_c", "seq")}
        rows = ReadingRows.of(device.id, [one.ts_ms for one in readings], stream=number, **columns)
        store_readings(session, rows, now=now)
    return readings


@pytest.fixture
def ledger(made: list[Made]) -> Ledger:
    kept = Ledger()
    kept.note_made(made)
    kept.note_acknowledged(made, RECEIPT)
    return kept


def faults(ledger: Ledger, engine: Engine) -> dict[str, float]:
    figures = ledger.compare(engine, least=10)
    return {name: figure.value for name, figure in figures.items() if not figure.holds}


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_nothing_is_reported_where_nothing_is_wrong(ledger, engine):
    assert faults(ledger, engine) == {}


def test_an_acknowledged_reading_that_is_gone_is_lost(ledger, engine):
    change(engine, "DELETE FROM readings WHERE seq IN (3, 7)")

    assert faults(ledger, engine) == {"lost": 2}


def test_a_reading_that_was_made_and_never_acknowledged_may_be_gone(made, engine):
    kept = Ledger()
    kept.note_made(made)
    kept.note_acknowledged(made[:9], {"accepted": 9, "duplicates": 0})
    change(engine, "DELETE FROM readings WHERE seq = 9")

    assert kept.compare(engine, least=9)["lost"].value == 0


@pytest.mark.parametrize(
    "wrong", ["ph_mv = 0.25", "ec_mv = NULL", "water_c = 18.001", "ts = ts + interval '1 ms'", "stream = NULL"]
)
def test_a_reading_with_another_value_is_altered(ledger, engine, wrong):
    change(engine, f"UPDATE readings SET {wrong} WHERE seq = 4")  # noqa: S608 (from the list above)

    assert faults(ledger, engine) == {"altered": 1}


def test_a_reading_that_is_there_twice_is_duplicated(ledger, engine):
    change(engine, "UPDATE readings SET seq = 5 WHERE seq = 6")

    # Under its new number it is the second of its kind, and the old number is gone.
    assert faults(ledger, engine)["duplicated"] == 1
    assert faults(ledger, engine)["lost"] == 1


def test_a_reading_that_nobody_made_is_invented(ledger, engine):
    change(engine, "UPDATE readings SET seq = 99 WHERE seq = 6")

    assert faults(ledger, engine) == {"lost": 1, "invented": 1}


def test_a_receipt_that_does_not_add_up_is_miscounted(ledger, engine, made):
    ledger.note_acknowledged(made[:2], {"accepted": 1, "duplicates": 0})

    assert faults(ledger, engine) == {"miscounted_receipts": 1}


def test_a_drill_without_readings_proves_nothing(engine):
    assert faults(Ledger(), engine) == {"acknowledged": 0}
