"""What belongs to a device beside its readings: credentials, queues, calibrations, contacts, quarantine."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models.errors import UnknownDevice
from models.read.calibrations import calibrations_frame
from models.read.devices import authenticate_device, find_device
from models.read.gaps import gaps_frame
from models.tables import DeviceState
from models.tokens import TokenKind, make_token, parse_token, same_digest
from models.write.calibrations import add_calibration, void_calibration
from models.write.devices import add_token, ensure_site, issue_token, register_device, retire_device, revoke_tokens
from models.write.readings import (
    DeviceSeen,
    QuarantineRow,
    ReadingRows,
    quarantine,
    record_seen,
    store_readings,
    stream_number,
)


def test_a_device_is_found_by_the_public_part_of_its_token(session, device, now):
    parsed = parse_token(issue_token(session, "pi-1", now=now), TokenKind.DEVICE)

    credential = authenticate_device(session, parsed.id)

    assert credential.device == device
    assert same_digest(parsed.digest, credential.digest)
    assert (credential.expires_at, credential.revoked_at) == (None, None)


def test_the_database_keeps_no_token_only_its_digest(session, device, now):
    token = issue_token(session, "pi-1", now=now)

    rows = session.execute(text("SELECT t::text FROM device_tokens t")).scalars().all()

    assert token.split("_", 2)[2] not in "".join(rows)


def test_an_unknown_token_is_nobody(session):
    assert authenticate_device(session, "k3x9m2qa") is None


def test_a_token_for_an_unknown_device_is_refused(session, now):
    with pytest.raises(UnknownDevice, match="'pi-404'"):
        issue_token(session, "pi-404", now=now)


def test_revoking_marks_every_token_once(session, device, now):
    for _ in range(2):
        token = make_token(TokenKind.DEVICE)
        add_token(session, device.id, token.id, token.digest, now=now)

    assert revoke_tokens(session, device.id, now) == 2
    assert revoke_tokens(session, device.id, now + timedelta(hours=1)) == 0
    assert authenticate_device(session, token.id).revoked_at == now


def test_adding_the_same_token_again_changes_nothing(session, device, now):
    token = make_token(TokenKind.DEVICE)
    for _ in range(2):
        add_token(session, device.id, token.id, token.digest, now=now)

    assert session.scalar(text("SELECT count(*) FROM device_tokens")) == 1


def test_a_retired_device_keeps_its_name_and_loses_its_tokens(session, device, now):
    token = parse_token(issue_token(session, "pi-1", now=now), TokenKind.DEVICE)

    retire_device(session, "pi-1", now=now)

    assert find_device(session, "pi-1").status == "retired"
    assert authenticate_device(session, token.id).revoked_at == now


def test_naming_a_site_again_keeps_what_it_was_told_before(session):
    first = ensure_site(session, "North", time_zone="Asia/Makassar", ppm_scale=700)

    again = ensure_site(session, "North")

    row = session.execute(text("SELECT time_zone, ppm_scale FROM sites")).one()
    assert (again, row.time_zone, row.ppm_scale) == (first, "Asia/Makassar", 700)


def test_a_name_that_is_no_name_is_refused_by_the_table_too(session):
    with pytest.raises(IntegrityError, match="ck_devices_name"), session.begin_nested():
        session.execute(text("INSERT INTO devices (name) VALUES ('Pi 1')"))


def test_a_queue_keeps_its_number_and_the_most_it_dropped(session, device, now):
    first = stream_number(session, device.id, "6f1c", 0, now)
    stream_number(session, device.id, "6f1c", 7, now)
    stream_number(session, device.id, "6f1c", 3, now)

    second = stream_number(session, device.id, "a0b1", 0, now)

    dropped = session.scalar(text("SELECT dropped FROM streams WHERE name = '6f1c'"))
    assert (first, second, dropped) == (1, 2, 7)


def test_exactly_the_readings_that_never_came_are_gaps(session, device, midnight_ms, now):
    number = stream_number(session, device.id, "6f1c", 2, now)
    kept = [1, 2, 5, 6, 10]
    rows = ReadingRows.of(device.id, [midnight_ms + 1000 * seq for seq in kept], seq=kept, stream=number)
    store_readings(session, rows, now=now)

    gaps = gaps_frame(session, device.id, now - timedelta(days=2), now + timedelta(days=2), limit=100)

    assert gaps[["first_seq", "last_seq", "missing", "dropped"]].to_numpy().tolist() == [[3, 4, 2, 2], [7, 9, 3, 2]]
    assert gaps["after_ts"].dt.second.tolist() == [2, 6]


def test_queues_are_counted_apart(session, device, midnight_ms, now):
    numbers = [stream_number(session, device.id, name, 0, now) for name in ("old", "new")]
    rows = ReadingRows.of(device.id, [midnight_ms, midnight_ms + 1], seq=[900, 1], stream=numbers)
    store_readings(session, rows, now=now)

    assert gaps_frame(session, device.id, now - timedelta(days=2), now + timedelta(days=2), limit=100).empty


def test_calibrations_come_in_the_order_in_which_they_hold(session, device, now):
    later = add_calibration(session, device.id, "ph", "two-point", {"ph7_mv": 1510.0}, valid_from=now)
    first = add_calibration(session, device.id, "ph", "nominal", {"ph7_mv": 1500.0}, valid_from=now - timedelta(days=9))
    ec = add_calibration(session, device.id, "ec_us_cm", "one-point", {"k_factor": 1.02}, valid_from=now)

    frame = calibrations_frame(session, [device.id])

    assert frame["id"].tolist() == [ec, first, later]
    assert frame["parameters"].tolist() == [{"k_factor": 1.02}, {"ph7_mv": 1500.0}, {"ph7_mv": 1510.0}]
    assert str(frame["valid_from"].dtype) == "datetime64[ms, UTC]"


def test_a_voided_calibration_does_not_hold_and_stays_on_record(session, device, now):
    number = add_calibration(session, device.id, "ph", "two-point", {}, valid_from=now, technician="Budi")

    void_calibration(session, number, now=now)
    void_calibration(session, number, now=now + timedelta(days=1))

    assert calibrations_frame(session, [device.id]).empty
    row = session.execute(text("SELECT technician, voided_at FROM calibrations")).one()
    assert (row.technician, row.voided_at) == ("Budi", now)


def test_a_contact_reported_late_does_not_turn_time_back(session, device, now):
    record_seen(session, DeviceSeen(device.id, now, skew_ms=40, interval_s=60.0, agent="0.2.0", address="10.0.0.7"))
    record_seen(session, DeviceSeen(device.id, now - timedelta(minutes=5), skew_ms=55, config_damaged=True))

    state = session.scalars(select(DeviceState)).one()

    assert (state.last_seen_at, state.skew_ms, state.agent, state.address) == (now, 55, "0.2.0", "10.0.0.7")
    assert state.config_damaged


def test_a_contact_that_says_nothing_of_its_configuration_has_a_sound_one(session, device, now):
    damaged = DeviceSeen(device.id, now, config_damaged=True)

    record_seen(session, damaged)
    record_seen(session, damaged, DeviceSeen(device.id, now))

    assert session.scalars(select(DeviceState.config_damaged)).all() == [False]


def test_a_reading_with_an_impossible_time_is_held_once(session, device, now):
    row = QuarantineRow(device.id, "1970-01-01T00:03:12Z", "too-old", {"ph_mv": 1655.2}, now)
    other = QuarantineRow(device.id, "1970-01-01T00:03:12Z", "too-old", {"ph_mv": 1655.3}, now)

    assert quarantine(session, [row, row, other]) == 2
    assert quarantine(session, [row]) == 0
    assert session.scalar(text("SELECT reading FROM quarantine WHERE digest = :d"), {"d": row.digest}) == {
        "ph_mv": 1655.2
    }


def test_devices_of_one_serial_are_one(session, now):
    registered = register_device(session, "pi-1", serial="10000000a1b2c3d4", zone="A", tank_volume_l=120.0, now=now)

    assert (registered.serial, registered.zone, registered.created_at) == ("10000000a1b2c3d4", "A", now)
    assert registered.created_at.tzinfo is not None
    assert registered.created_at == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
