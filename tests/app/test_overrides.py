"""People's verdicts on readings: they outrank the tests, whatever happens to the readings later."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from analytics.flags import Flag, Test, unpack_flags, unpack_tests
from analytics.quantities import Quantity
from app.calibration.desk import CalibrationDesk
from app.calibration.visits import Circumstances, OffsetVisit
from app.jobs.rederive import finish_rederivations
from app.jobs.rollups import refresh_dirty_hours
from app.overrides import OverrideRefused, Overrides
from app.principal import Principal, Role
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.errors import UnknownDevice, UnknownOverride
from models.read.readings import readings_frame
from models.read.rollups import hours_frame
from models.write.devices import register_device
from models.write.people import create_user

# Twelve hours, a reading every ten minutes, of a calm tank; the verdict is about 02:00 to 03:00, six readings.
START = datetime(2026, 11, 20, tzinfo=UTC)
SPAN = (START + timedelta(hours=2), START + timedelta(hours=3))
READ = [START + timedelta(minutes=10 * step) for step in range(72)]
IN_SPAN = slice(12, 18)


@pytest.fixture
def sari(engine):
    with session_scope(engine) as session:
        return Principal(create_user(session, "sari", "agronomist", None).id, "sari", Role.AGRONOMIST)


@pytest.fixture
def device(engine, now):
    """pi-1 with its readings, judged; those at 02:20 and 02:30 are held back."""
    with session_scope(engine) as session:
        return register_device(session, "pi-1", interval_s=600, has_history=True, now=now)


@pytest.fixture
def send(engine, device, now):
    def send_at(times):
        ts_ms = np.array([int(one.timestamp() * 1000) for one in times])
        wave = 0.05 * np.sin(ts_ms / 3.6e6)
        sent = SentReadings.of(device.id, ts_ms, ph=6.0 + wave, ec_us_cm=1800 + 100 * wave, water_c=22 + wave)
        with session_scope(engine) as session:
            take_in(session, {device.id: device}, sent, now=now)
        refresh_dirty_hours(engine, now=now)

    send_at([one for place, one in enumerate(READ) if place not in (14, 15)])
    return send_at


@pytest.fixture
def overrides(engine, send):
    return Overrides(engine)


@pytest.fixture
def ph_flags(engine, device):
    """Give the pH flags, or with ``tests=True`` the pH test masks, of the device in the order of time."""

    def read(*, tests=False):
        with session_scope(engine) as session:
            frame = readings_frame(session, device.id, columns=("quality", "tests"))
        return (unpack_tests(frame["tests"]) if tests else unpack_flags(frame["quality"]))[0].tolist()

    return read


def test_a_verdict_decides_the_flags_of_its_span_and_no_others(overrides, sari, now, ph_flags):
    number = overrides.set(sari, "pi-1", "ph", *SPAN, Flag.FAIL, "probe out of the water", now)

    assert ph_flags() == [1] * 12 + [4] * 4 + [1] * 54
    assert [bool(one & Test.OVERRIDE) for one in ph_flags(tests=True)] == [False] * 12 + [True] * 4 + [False] * 54
    listed = overrides.list("pi-1", START, now)
    assert listed.drop(columns=["start", "end", "made_at"]).to_numpy().tolist() == [
        [number, "ph", 4, "probe out of the water", "sari"]
    ]
    assert (listed["start"][0], listed["end"][0], listed["made_at"][0]) == (*SPAN, now)


def test_statistics_leave_out_what_a_person_called_bad(engine, overrides, sari, device, now):
    def measured():
        with session_scope(engine) as session:
            hours = hours_frame(session, [device.id], *SPAN)
            return hours[["n", "n_fail", "ph_n", "ec_n"]].to_numpy().tolist()

    before = measured()
    overrides.set(sari, "pi-1", "ph", *SPAN, 4, "probe out of the water", now)

    assert before == [[4, 0, 4, 4]]
    assert measured() == [[4, 4, 0, 4]]


def test_it_covers_readings_that_arrive_late(overrides, sari, now, send, ph_flags):
    overrides.set(sari, "pi-1", "ph", *SPAN, 4, "probe out of the water", now)

    send(READ[14:16])

    assert ph_flags()[IN_SPAN] == [4] * 6


def test_it_covers_values_that_are_derived_again(engine, overrides, sari, now, ph_flags):
    overrides.set(sari, "pi-1", "ph", *SPAN, 4, "probe out of the water", now)
    desk = CalibrationDesk(engine, lambda: now)

    desk.save("pi-1", OffsetVisit(Circumstances(START), Quantity.PH, shown=6.0, true=6.2), by=sari)
    finish_rederivations(engine, now=now)

    assert ph_flags() == [1] * 12 + [4] * 4 + [1] * 54
    refresh_dirty_hours(engine, now=now)
    assert ph_flags() == [1] * 12 + [4] * 4 + [1] * 54


def test_it_outranks_the_tests_that_look_at_neighbours(engine, overrides, sari, now, device, ph_flags):
    spike_at = READ[40] + timedelta(minutes=5)
    sent = SentReadings.of(device.id, [int(spike_at.timestamp() * 1000)], ph=9.0, ec_us_cm=1800.0, water_c=22.0)
    with session_scope(engine) as session:
        take_in(session, {device.id: device}, sent, now=now)
    refresh_dirty_hours(engine, now=now)
    automatic = ph_flags()[39]

    overrides.set(sari, "pi-1", "ph", spike_at, spike_at + timedelta(seconds=1), 1, "acid pump, seen by me", now)

    assert (automatic, ph_flags()[39]) == (4, 1)
    assert ph_flags(tests=True)[39] == Test.SPIKE | Test.OVERRIDE


def test_of_two_verdicts_on_a_reading_the_later_one_counts_until_it_is_withdrawn(overrides, sari, now, ph_flags):
    overrides.set(sari, "pi-1", "ph", *SPAN, 4, "probe out of the water", now)
    second = overrides.set(sari, "pi-1", "ph", SPAN[0], SPAN[0] + timedelta(minutes=5), 3, "only doubtful", now)
    both = ph_flags()[12:16]

    overrides.withdraw(sari, second, now)

    assert both == [3, 4, 4, 4]
    assert ph_flags()[12:16] == [4, 4, 4, 4]


def test_withdrawn_the_tests_decide_again_and_both_acts_are_on_record(engine, overrides, sari, now, ph_flags):
    number = overrides.set(sari, "pi-1", "ph", *SPAN, 3, "doubtful", now)

    overrides.withdraw(sari, number, now)

    assert ph_flags() == [1] * 70
    assert overrides.list("pi-1", START, now).empty
    with engine.connect() as connection:
        query = text("SELECT actor, action, object_id, details->>'reason' FROM audit_log ORDER BY id")
        assert connection.execute(query).all() == [
            ("sari", "override-flag", "pi-1", "doubtful"),
            ("sari", "withdraw-override", "pi-1", None),
        ]
    with pytest.raises(UnknownOverride, match=f"number {number} in force"):
        overrides.withdraw(sari, number, now)


def test_a_value_that_is_missing_stays_missing(engine, overrides, sari, now, device, ph_flags):
    sent = SentReadings.of(device.id, [int(READ[14].timestamp() * 1000)], ec_us_cm=1800.0, water_c=22.0)
    with session_scope(engine) as session:
        take_in(session, {device.id: device}, sent, now=now)

    overrides.set(sari, "pi-1", "ph", *SPAN, 1, "all was well", now)

    assert ph_flags()[12:16] == [1, 1, 9, 1]


@pytest.mark.parametrize("person", [None, Principal(8, "budi", Role.VIEWER)])
def test_who_may_only_look_decides_nothing(overrides, now, sari, person, ph_flags):
    number = overrides.set(sari, "pi-1", "ph", *SPAN, 4, "probe out of the water", now)

    with pytest.raises(OverrideRefused, match="ask an administrator"):
        overrides.set(person, "pi-1", "ph", *SPAN, 1, "fine", now)
    with pytest.raises(OverrideRefused, match="ask an administrator"):
        overrides.withdraw(person, number, now)

    assert ph_flags()[12:16] == [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"quantity": "turbidity"}, "not measured; use one of ph, ec_us_cm, water_c"),
        ({"flag": 9}, "9 is no flag that a person can give"),
        ({"reason": "  "}, "needs its reason"),
        ({"reason": "x" * 501}, "501 characters; keep it to 500"),
        ({"start": datetime(2026, 11, 20)}, "without its zone"),
        ({"end": START}, "not after its start"),
        ({"end": datetime(2026, 11, 24, tzinfo=UTC)}, "in the future"),
        ({"start": datetime(2024, 11, 20, tzinfo=UTC)}, "730 days long; decide 366 days at a time"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused(overrides, sari, now, changed, sentence):
    given = {"quantity": "ph", "start": SPAN[0], "end": SPAN[1], "flag": 4, "reason": "probe out of the water"}

    with pytest.raises(OverrideRefused, match=sentence):
        overrides.set(sari, "pi-1", **{**given, **changed}, now=now)


def test_an_unknown_device_is_named(overrides, sari, now):
    with pytest.raises(UnknownDevice, match="'pi-9'"):
        overrides.set(sari, "pi-9", "ph", *SPAN, 4, "probe out of the water", now)
