"""Events, targets, plantings and calibrations changed over HTTP, by those who may."""

import pytest

DOSE = {"kind": "dose", "started_at": "2026-11-23T06:00:00+07:00", "note": "A and B", "ec_change": 150.5}
BAND = {
    "crop": "lettuce", "stage": "adult", "quantity": "ph", "low": 5.6, "high": 6.2, "source": "our own trial",
    "valid_from": "2026-11-20T00:00:00+07:00",
}  # fmt: skip
BUFFERS = {
    "method": "buffers",
    "at": "2026-11-22T10:00:00Z",
    "buffer_set": "4.01 / 6.86 / 9.18",
    "left": [
        {"buffer": "4.01", "mv": 2030.0, "temperature_c": 25.0},
        {"buffer": "6.86", "mv": 1524.0, "temperature_c": 25.0},
    ],
}
STANDARD = {"method": "standard", "at": "2026-11-22T10:00:00Z", "left": {"mv": 1100.0, "temperature_c": 25.0}}
METER = {"method": "meter", "at": "2026-11-22T10:00:00Z", "quantity": "ph", "shown": 6.3, "true": 6.1}


def slug(answer):
    return answer.get_json()["type"].rpartition("/")[2]


def events(caller):
    return caller.get("/events").get_json()["events"]


def test_an_event_is_told_listed_corrected_and_hidden(agronomist, tank):
    assert agronomist.send("POST", "/devices/pi-7/events", DOSE).status_code == 204
    assert events(agronomist) == [
        {
            "device": "pi-7",
            "kind": "dose",
            "started_at": "2026-11-22T23:00:00.000Z",
            "ended_at": None,
            "origin": "manual",
            "note": "A and B",
            "author": "a-agronomist",
            "ec_change": 150.5,
            "ph_change": None,
            "confidence": None,
        }
    ]

    address = "/devices/pi-7/events/dose/2026-11-22T23:00:00.000Z"
    assert agronomist.send("PUT", address, {**DOSE, "note": "A only"}).status_code == 204
    assert [one["note"] for one in events(agronomist)] == ["A only"]

    assert agronomist.send("DELETE", address).status_code == 204
    assert events(agronomist) == []


def test_events_come_page_by_page_and_by_kind(agronomist, program, tank):
    for minute in range(5):
        event = {"kind": "note" if minute % 2 else "check", "started_at": f"2026-11-22T23:0{minute}:00Z"}
        agronomist.send("POST", "/devices/pi-7/events", event)
    reader, found, cursor = program(["pi-7"]), [], ""

    while cursor is not None:
        page = reader.get(f"/events?limit=2{cursor}").get_json()
        found += [one["started_at"][15:16] for one in page["events"]]
        cursor = page["next"] and f"&cursor={page['next']}"

    assert found == ["0", "1", "2", "3", "4"]
    assert len(reader.get("/events?kind=note").get_json()["events"]) == 2
    assert reader.get("/events?device=pi-8").get_json()["events"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("POST", "/devices/pi-8/events", DOSE, 404, "unknown-device"),
        ("POST", "/devices/pi-7/events", {**DOSE, "kind": "party"}, 422, "invalid-body"),
        ("POST", "/devices/pi-7/events", {**DOSE, "started_at": "2027-01-01T00:00:00Z"}, 422, "refused"),
        ("POST", "/devices/pi-7/events", {**DOSE, "started_at": "noon"}, 422, "invalid-body"),
        ("POST", "/devices/pi-7/events", {**DOSE, "ec_change": 1e9}, 422, "refused"),
        ("PUT", "/devices/pi-7/events/dose/2026-11-22T23:00:00Z", DOSE, 404, "unknown-item"),
        ("DELETE", "/devices/pi-7/events/dose/noon", None, 404, "unknown-item"),
        ("POST", "/targets", {**BAND, "low": 6.5}, 422, "refused"),
        ("POST", "/targets", {**BAND, "crop": "gold"}, 404, "unknown-item"),
        ("POST", "/targets", {**BAND, "quantity": "salt"}, 422, "invalid-body"),
        ("POST", "/devices/pi-8/calibrations", METER, 404, "unknown-device"),
        ("POST", "/devices/pi-7/calibrations", {**METER, "method": "guess"}, 422, "invalid-body"),
        ("POST", "/devices/pi-7/calibrations", {**METER, "at": "2027-01-01T00:00:00Z"}, 422, "refused"),
        ("DELETE", "/calibrations/4711", None, 404, "unknown-item"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(agronomist, tank, method, path, body, status, expected):
    answer = agronomist.send(method, path, body)

    assert (answer.status_code, slug(answer)) == (status, expected)
    assert answer.get_json()["detail"]


def test_a_band_holds_from_its_day_on_and_the_old_one_stays_on_record(agronomist, program, tank):
    planting = {
        "devices": ["pi-7"], "crop": "lettuce", "started_at": "2026-11-01T00:00:00Z", "transplanted_on": "2026-10-01",
    }  # fmt: skip
    assert agronomist.send("POST", "/plantings", planting).status_code == 204

    answer = agronomist.send("POST", "/targets", BAND)

    reader = program()
    assert (answer.status_code, answer.get_json()) == (201, {"tanks": 1})
    assert reader.get("/devices/pi-7").get_json()["bands"]["ph"] == [5.6, 6.2]
    versions = reader.get("/targets?crop=lettuce&history=yes").get_json()["targets"]
    mine = [one for one in versions if (one["stage"], one["quantity"]) == ("adult", "ph")]
    assert [one["valid_until"] for one in mine] == ["2026-11-19T17:00:00.000Z", None]
    assert reader.get("/plantings").get_json()["plantings"] == [
        {
            "device": "pi-7",
            "crop": "lettuce",
            "started_at": "2026-11-01T00:00:00.000Z",
            "ended_at": None,
            "transplanted_on": "2026-10-01",
        }
    ]


@pytest.mark.parametrize(
    ("visit", "quantity", "method"),
    [(BUFFERS, "ph", "two-point"), (STANDARD, "ec_us_cm", "one-point"), (METER, "ph", "offset")],
)
def test_a_probe_is_calibrated_and_the_calibration_withdrawn(agronomist, tank, visit, quantity, method):
    answer = agronomist.send("POST", "/devices/pi-7/calibrations", visit)
    listed = agronomist.get("/devices/pi-7/calibrations").get_json()["calibrations"]

    assert answer.status_code == 201
    assert [(one["id"], one["quantity"], one["method"]) for one in listed] == [
        (answer.get_json()["calibration_id"], quantity, method)
    ]

    assert agronomist.send("DELETE", f"/calibrations/{listed[0]['id']}").status_code == 200
    assert agronomist.get("/devices/pi-7/calibrations").get_json()["calibrations"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/devices/pi-7/events", DOSE), ("/targets", BAND), ("/plantings", {}), ("/devices/pi-7/calibrations", METER)],
)
def test_a_viewer_changes_nothing(person, tank, path, body):
    assert slug(person("viewer").send("POST", path, body)) == "forbidden"


def test_people_are_listed_for_administrators(admin):
    assert admin.get("/users").get_json() == {"users": [{"name": "a-admin", "role": "admin", "disabled_at": None}]}


def test_the_log_is_searched_page_by_page(admin, tank):
    for minute in range(3):
        admin.send("POST", "/devices/pi-7/events", {"kind": "note", "started_at": f"2026-11-22T23:0{minute}:00Z"})

    first = admin.get("/audit?action=add-event&limit=2").get_json()
    second = admin.get(f"/audit?action=add-event&limit=2&cursor={first['next']}").get_json()

    minutes = [one["details"]["started_at"][15:16] for one in first["entries"] + second["entries"]]
    assert (minutes, second["next"]) == (["2", "1", "0"], None)


def test_a_device_is_moved_and_a_wrong_value_named(admin, tank):
    assert admin.send("PATCH", "/devices/pi-7", {"zone": "GH 2", "interval_s": 10}).status_code == 204
    assert admin.get("/devices/pi-7").get_json()["zone"] == "GH 2"

    answer = admin.send("PATCH", "/devices/pi-7", {"interval_s": 0})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/interval_s")
    assert slug(admin.send("PATCH", "/devices/pi-99", {"zone": "B"})) == "unknown-device"
    assert slug(admin.send("PATCH", "/devices/pi-7", {})) == "refused"
