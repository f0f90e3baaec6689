"""What administrators do about Pis: keys, approvals, registration, leaving; over HTTP and in the use cases."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.joining.errors import JoiningRefused, NotAllowed, UnknownKey, UnknownRequest
from app.joining.keys import EnrollmentKeys, KeyWish, join_file, read_authority
from app.joining.leaving import Leaving
from app.joining.registration import BatchRefused, PlannedDevice, Registration, parse_rows
from app.joining.waiting import Waiting
from app.overrides import Overrides
from app.principal import COMMAND_LINE, Principal, Role
from app.tls.folder import CertificateFolder
from models.db import session_scope
from models.read.credentials import device_credentials
from models.read.devices import find_device
from models.read.targets import bands_frame
from models.tokens import TokenKind, make_token
from models.write.claims import Claim, Outcome
from models.write.enrollment import enroll
from models.write.places import Board

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
VIEWER = Principal(9, "sari", Role.AGRONOMIST)


@pytest.fixture
def clock():
    return lambda: NOW


def ask(engine: Engine, key: str, serial: str) -> tuple[Outcome, str]:
    """Ask as a Pi with a fresh card; gives the outcome and the id of its token."""
    token = make_token(TokenKind.DEVICE)
    claim = Claim(Board(serial, "board"), token.id, token.digest, "10.0.0.7")
    with session_scope(engine) as session:
        return enroll(session, key, claim, now=NOW).outcome, token.id


def actions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT action FROM audit_log ORDER BY id")))


def test_a_key_is_made_listed_and_revoked_and_each_is_on_record(engine: Engine, clock):
    keys = EnrollmentKeys(engine, clock)

    token = keys.create(KeyWish(99, site="North", note="image of May"), by=COMMAND_LINE)

    (listed,) = keys.list_all(by=COMMAND_LINE)
    assert (listed.id, listed.max_uses, listed.site, listed.state(NOW)) == (token.id, 99, "North", "open")
    assert listed.expires_at == NOW + timedelta(days=7)
    keys.revoke(token.id, by=COMMAND_LINE)
    assert ask(engine, token.id, "a1a1a1a1")[0] is Outcome.KEY_ENDED
    assert actions(engine) == ["make-enrollment-key", "revoke-enrollment-key"]
    with pytest.raises(UnknownKey):
        keys.revoke(token.id, by=COMMAND_LINE)


@pytest.mark.parametrize(
    "wish", [KeyWish(0), KeyWish(10_000), KeyWish(1, life=timedelta(days=31)), KeyWish(1, site=" ")]
)
def test_a_key_without_limits_is_not_made(engine: Engine, clock, wish: KeyWish):
    with pytest.raises(JoiningRefused):
        EnrollmentKeys(engine, clock).create(wish, by=COMMAND_LINE)


def test_only_administrators_may_do_any_of_it(engine: Engine, clock):
    for attempt in (
        lambda: EnrollmentKeys(engine, clock).create(KeyWish(1), by=VIEWER),
        lambda: EnrollmentKeys(engine, clock).list_all(by=None),
        lambda: Waiting(engine, clock).approve(1, by=VIEWER),
        lambda: Waiting(engine, clock).list_all(by=VIEWER),
        lambda: Registration(engine, clock).register([PlannedDevice("pi-1")], by=VIEWER),
        lambda: Leaving(engine, clock).block("pi-1", by=VIEWER),
        lambda: Leaving(engine, clock).retire(["pi-1"], by=VIEWER),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert actions(engine) == []


def test_the_joining_file_says_all_that_a_pi_needs():
    token = make_token(TokenKind.ENROLLMENT)

    written = join_file("https://farm.local", token, "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n")

    assert written.splitlines()[1:] == [
        'server_url = "https://farm.local"',
        f'enrollment_key = "{token.text}"',
        "ca_pem = '''",
        "-----BEGIN CERTIFICATE-----",
        "abc",
        "-----END CERTIFICATE-----",
        "'''",
    ]


def test_a_waiting_pi_is_decided_once(engine: Engine, clock):
    key = EnrollmentKeys(engine, clock).create(KeyWish(9), by=COMMAND_LINE)
    ask(engine, key.id, "a1a1a1a1")
    ask(engine, key.id, "a1a1a1a1")
    desk = Waiting(engine, clock)
    (waiting,) = desk.list_all(by=COMMAND_LINE)

    assert desk.approve(waiting.id, by=COMMAND_LINE) == "pi-1"

    for decide in (desk.approve, desk.reject, desk.block):
        with pytest.raises(UnknownRequest):
            decide(waiting.id, by=COMMAND_LINE)
    assert desk.list_all(by=COMMAND_LINE) == []
    assert [one.device for one in desk.list_joined(by=COMMAND_LINE)] == ["pi-1", "pi-1"]
    assert actions(engine)[-2:] == ["enroll-pending", "approve-enrollment"]


def test_a_blocked_request_shuts_its_board_out(engine: Engine, clock):
    key = EnrollmentKeys(engine, clock).create(KeyWish(9, listed_only=True), by=COMMAND_LINE)
    ask(engine, key.id, "a1a1a1a1")
    desk = Waiting(engine, clock)

    desk.block(desk.list_all(by=COMMAND_LINE)[0].id, reason="not ours", by=COMMAND_LINE)

    assert ask(engine, key.id, "a1a1a1a1")[0] is Outcome.BLOCKED
    (blocked,) = Leaving(engine, clock).list_blocked(by=COMMAND_LINE)
    assert (blocked.serial, blocked.reason) == ("a1a1a1a1", "not ours")


def test_a_stolen_pi_is_shut_out_and_comes_back_only_by_a_person(engine: Engine, clock):
    key = EnrollmentKeys(engine, clock).create(KeyWish(9), by=COMMAND_LINE)
    _, token_id = ask(engine, key.id, "a1a1a1a1")
    leaving = Leaving(engine, clock)

    blocked = leaving.block("pi-1", untrusted_since=NOW - timedelta(days=2), reason="stolen", by=COMMAND_LINE)

    assert (blocked.serial, [one.id for one in blocked.keys]) == ("a1a1a1a1", [key.id])
    with session_scope(engine) as session:
        assert device_credentials(session, [token_id])[token_id].revoked_at == NOW
        device = find_device(session, "pi-1")
    assert device is not None
    assert device.status == "blocked"
    assert ask(engine, key.id, "a1a1a1a1")[0] is Outcome.BLOCKED
    leaving.unblock("pi-1", by=COMMAND_LINE)
    assert ask(engine, key.id, "a1a1a1a1")[0] is Outcome.PENDING
    with engine.connect() as connection:
        doubted = connection.scalar(text("SELECT untrusted_since FROM devices WHERE name = 'pi-1'"))
    assert doubted == NOW - timedelta(days=2)


def test_readings_since_a_pi_was_stolen_are_suspect_until_it_is_unblocked(engine: Engine, clock):
    key = EnrollmentKeys(engine, clock).create(KeyWish(9), by=COMMAND_LINE)
    ask(engine, key.id, "a1a1a1a1")
    stolen_at, earlier = NOW - timedelta(days=400), NOW - timedelta(days=500)
    overrides, leaving = Overrides(engine), Leaving(engine, clock)
    overrides.set(COMMAND_LINE, "pi-1", "ph", earlier, earlier + timedelta(hours=1), 4, "probe in the air", NOW)

    leaving.block("pi-1", untrusted_since=stolen_at, reason="gone from GH 3", by=COMMAND_LINE)
    leaving.block("pi-1", untrusted_since=stolen_at, by=COMMAND_LINE)

    doubts = overrides.list("pi-1", stolen_at, NOW)
    assert sorted(doubts["quantity"].unique()) == ["ec_us_cm", "ph", "water_c"]
    assert set(doubts["flag"]) == {3}
    assert set(doubts["reason"]) == {f"device blocked: untrusted since {stolen_at.isoformat()}"}
    # A verdict covers at most 366 days; together they leave no gap.
    of_ph = doubts[doubts["quantity"] == "ph"].sort_values("start")
    assert of_ph["start"].tolist() == [stolen_at, stolen_at + timedelta(days=366)]
    assert of_ph["end"].tolist() == [stolen_at + timedelta(days=366), NOW + timedelta(minutes=1)]
    leaving.unblock("pi-1", by=COMMAND_LINE)
    assert overrides.list("pi-1", earlier, NOW)["reason"].tolist() == ["probe in the air"]


def test_the_authority_of_the_farm_goes_into_the_file_and_no_secret_does(tmp_path: Path):
    default = tmp_path / "tls" / "ca.pem"
    assert read_authority(None, default=default) is None

    CertificateFolder(tmp_path / "tls").init("North", ["farm.local"], now=NOW)

    pem = read_authority(None, default=default)
    assert pem == default.read_text()
    assert read_authority(default, default=tmp_path / "none") == pem
    with pytest.raises(JoiningRefused, match=r"no file of certificates alone; set HYDROFLEET_CA_FILE"):
        read_authority(tmp_path / "tls" / "ca.key", default=default)
    with pytest.raises(JoiningRefused, match="cannot be read"):
        read_authority(tmp_path / "elsewhere.pem", default=default)


def test_a_table_of_99_serial_numbers_is_registered_and_each_board_gets_its_place(engine: Engine, clock):
    table = io.StringIO()
    writer = csv.writer(table, delimiter=";")
    writer.writerow(["Serial", "Name", "Location", "Site"])
    writer.writerows([f"1000000000{n:06X}", f"pi-{n}", f"bench {n % 9}", "North"] for n in range(1, 100))
    registration = Registration(engine, clock)

    registration.register(parse_rows("\ufeff" + table.getvalue()), by=COMMAND_LINE)
    again = registration.register(parse_rows(table.getvalue()), by=COMMAND_LINE)

    assert all(row.is_there for row in again.rows)
    key = EnrollmentKeys(engine, clock).create(KeyWish(99, listed_only=True), by=COMMAND_LINE)
    ask(engine, key.id, "1000000000000011")
    with session_scope(engine) as session:
        device = find_device(session, "pi-17")
    assert device is not None
    assert (device.serial, device.zone, device.site) == ("1000000000000011", "bench 8", "North")
    assert [one.device for one in Waiting(engine, clock).list_joined(by=COMMAND_LINE)] == ["pi-17"]


def test_one_bad_row_of_99_and_nothing_is_registered(engine: Engine, clock):
    rows = [PlannedDevice(f"pi-{n}", f"1000000000{n:06x}", zone="GH 1", crop="lettuce") for n in range(1, 99)]

    with pytest.raises(BatchRefused, match="row 99, serial"):
        Registration(engine, clock).register([*rows, PlannedDevice("pi-99", "not hex")], by=COMMAND_LINE)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM devices")) == 0
        assert connection.scalar(text("SELECT count(*) FROM plantings")) == 0
    assert actions(engine) == []


def test_one_bad_row_and_nothing_is_registered(engine: Engine, clock):
    rows = [
        PlannedDevice("pi-1", "a1a1a1a1"),
        PlannedDevice("pi-1", "b2b2b2b2"),
        PlannedDevice("Pi 3"),
        PlannedDevice(None, "xyz"),
        PlannedDevice("pi-5", "a1a1a1a1", crop="cactus"),
        PlannedDevice(),
    ]

    with pytest.raises(BatchRefused) as refused:
        Registration(engine, clock).register(rows, by=COMMAND_LINE)

    found = [(fault.row, fault.field) for fault in refused.value.faults]
    assert found == [(2, "name"), (3, "name"), (4, "serial"), (5, "serial"), (5, "crop"), (6, "name")]
    assert actions(engine) == []
    with session_scope(engine) as session:
        assert find_device(session, "pi-1") is None


def test_rows_without_a_name_get_the_lowest_that_are_free(engine: Engine, clock):
    registration = Registration(engine, clock)
    registration.register([PlannedDevice("pi-2")], by=COMMAND_LINE)

    preview = registration.preview([PlannedDevice(None, "a1a1a1a1"), PlannedDevice(None, "b2b2b2b2")], by=COMMAND_LINE)

    assert [row.name for row in preview.rows] == ["pi-1", "pi-3"]


def test_a_crop_in_the_table_gives_the_tank_its_bands(engine: Engine, clock):
    Registration(engine, clock).register([PlannedDevice("pi-1", crop="lettuce")], by=COMMAND_LINE)

    with session_scope(engine) as session:
        device = find_device(session, "pi-1")
        assert device is not None
        bands = bands_frame(session, device.id, NOW, NOW + timedelta(days=1))
    assert set(bands["crop"]) == {"lettuce"}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", "the first line must name columns"),
        ("a1a1a1a1,pi-1\n", "the first line must name columns"),
        ("serial,serial\na,b\n", "the first line must name columns"),
        ("serial,token\na1a1a1a1,hfd_x\n", "the first line must name columns"),
        ('serial,name\n"a1a1a1a1,pi-1\n', "line"),
        ("serial,name\na1a1a1a1,pi-1,extra\n", "more values"),
    ],
)
def test_a_table_that_is_none_is_refused(table: str, complaint: str):
    with pytest.raises(JoiningRefused, match=complaint):
        parse_rows(table)


def test_too_many_rows_are_refused(engine: Engine, clock):
    rows = [PlannedDevice(f"pi-{number}") for number in range(1, 1002)]

    with pytest.raises(JoiningRefused, match="1001 rows"):
        Registration(engine, clock).register(rows, by=COMMAND_LINE)


OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def admin(client: FlaskClient, add_person, log_in) -> FlaskClient:
    add_person("sari", "admin")
    log_in(client)
    return client


def send(client: FlaskClient, method: str, path: str, body: Any = None) -> Any:
    return client.open(f"/api/v1{path}", method=method, json=body, headers=OWN_PAGE)


def test_an_administrator_makes_a_key_over_http_and_lets_a_new_card_in(admin: FlaskClient, engine: Engine):
    made = send(admin, "POST", "/enrollment-keys", {"max_uses": 5})
    assert (made.status_code, made.json["key"][:4]) == (201, "hfe_")
    ask(engine, made.json["id"], "a1a1a1a1")
    ask(engine, made.json["id"], "a1a1a1a1")

    waiting = send(admin, "GET", "/enrollments").json["waiting"]
    approved = send(admin, "POST", f"/enrollments/{waiting[0]['id']}/approve")

    assert (waiting[0]["device"], waiting[0]["contested"]) == ("pi-1", False)
    assert (approved.status_code, approved.json) == (200, {"device": "pi-1"})
    listed = send(admin, "GET", "/enrollment-keys").json["enrollment_keys"]
    assert [(one["uses"], one["state"]) for one in listed] == [(1, "open")]
    assert made.json["key"] not in str(listed)
    assert send(admin, "DELETE", f"/enrollment-keys/{made.json['id']}").status_code == 204
    assert send(admin, "POST", "/enrollments/99/approve").status_code == 404


def test_a_batch_over_http_is_tried_first_and_then_done(admin: FlaskClient):
    batch = {"devices": [{"name": "pi-1", "serial": "a1a1a1a1"}, {"name": "pi-1"}]}

    tried = send(admin, "POST", "/devices/batch?dry_run=true", batch)
    refused = send(admin, "POST", "/devices/batch", batch)
    batch["devices"].pop()
    done = send(admin, "POST", "/devices/batch", batch)

    assert (tried.status_code, refused.status_code, done.status_code) == (200, 422, 200)
    assert tried.json["errors"] == refused.json["errors"]
    assert refused.json["errors"][0]["pointer"] == "/devices/1/name"
    assert done.json == {"devices": [{"row": 1, "name": "pi-1", "is_there": False}]}


def test_a_device_is_blocked_and_retired_over_http(admin: FlaskClient):
    assert send(admin, "POST", "/devices", {"serial": "a1a1a1a1"}).json["name"] == "pi-1"

    blocked = send(
        admin, "POST", "/devices/pi-1/block", {"reason": "stolen", "untrusted_since": "2026-11-20T00:00:00Z"}
    )

    assert (blocked.status_code, blocked.json) == (200, {"serial": "a1a1a1a1", "open_keys": []})
    assert send(admin, "POST", "/devices/pi-1/unblock").status_code == 204
    assert send(admin, "POST", "/devices/pi-1/rotate").status_code == 204
    assert send(admin, "DELETE", "/devices/pi-1").status_code == 204
    assert send(admin, "DELETE", "/devices/pi-8").status_code == 404
