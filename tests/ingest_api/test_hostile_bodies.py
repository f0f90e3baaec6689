"""Bodies that should never have been sent: each has its answer, none of them is our fault (5xx)."""

import gzip
import json

import pytest
from sqlalchemy import text

TS = "2026-11-23T00:29:50.000Z"
SOUND = f'{{"seq":1,"ts":"{TS}","ph":6.0}}'


def item(ph="6.1", ts=f'"{TS}"', more=""):
    return f'{{"readings":[{{"seq":7,"ts":{ts},"ph":{ph}{more}}}]}}'.encode()


HOSTILE = {
    "NaN": (item("NaN"), 400),
    "Infinity": (item("Infinity"), 400),
    "-Infinity": (item("-Infinity"), 400),
    "1e999": (item("1e999"), 422),
    "400 digits": (item("9" * 400), 422),
    "5000 digits": (item("9" * 5000), 400),
    "5000 digits as seq": (item(more=f',"seq":{"9" * 5000}'), 400),
    "true": (item("true"), 422),
    "text 6.1": (item('"6.1"'), 422),
    "text abc": (item('"abc"'), 422),
    "list": (item("[]"), 422),
    "object": (item("{}"), 422),
    "SQL": (item('"6.1\'; DROP TABLE readings; --"'), 422),
    "top-level null": (b"null", 422),
    "top-level text": (b'"pi-7"', 422),
    "top-level list": (b"[]", 422),
    "top-level number": (b"6.1", 422),
    "readings is an object": (b'{"readings":{}}', 422),
    "no ts": (b'{"readings":[{"ph":6.1}]}', 422),
    "ts 0": (item(ts="0"), 422),
    "ts of 2026 as a number": (item(ts="1795393790"), 422),
    "ts year 292000": (item(ts='"292000-01-01T00:00:00Z"'), 422),
    "ts infinity": (item(ts='"infinity"'), 422),
    "ts now": (item(ts='"now"'), 422),
    "ts without offset": (item(ts='"2026-11-23T00:29:50"'), 422),
    "ts SQL": (item(ts='"2026-11-23\'; DROP TABLE readings"'), 422),
    "NUL in ts": (item(ts=f'"{TS}\\u0000"'), 422),
    "NUL in clock": (item(more=',"clock":"synced\\u0000"'), 422),
    "NUL in an unknown text": (item(more=',"note":"a\\u0000b"'), 422),
    "raw NUL": (item(more=',"note":"a\0b"'), 400),
    "lone surrogate": (item(more=',"note":"\\ud800"'), 422),
    "lone surrogate in the stream": (f'{{"stream":"\\udfff","readings":[{SOUND}]}}'.encode(), 422),
    "invalid UTF-8": (item(more=',"note":"\xff"').replace("ÿ".encode(), b"\xff"), 400),
    "UTF-16": (item().decode().encode("utf-16"), 400),
    "nesting 100 000": (b"[" * 100_000 + b"]" * 100_000, 400),
    "nested objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    "nesting inside a reading": (item(more=',"note":' + "[" * 9 + "]" * 9), 400),
    "duplicate keys": (item(more=',"ph":6.2'), 400),
    "duplicate keys, equal": (item(more=',"ph":6.1'), 400),
    "duplicate keys of the envelope": (f'{{"readings":[],"readings":[{SOUND}]}}'.encode(), 400),
    "empty": (b"", 400),
    "blank": (b"  \n", 400),
    "cut off": (item()[:-5], 400),
    "two documents": (item() + item(), 400),
    "not JSON": (b"ts=2026&ph=6.1", 400),
    "no channel": (f'{{"readings":[{{"ts":"{TS}"}}]}}'.encode(), 422),
}

ACCEPTED = {
    "BOM": (b"\xef\xbb\xbf" + item(), {"accepted": 1}),
    "ts year 9999": (item(ts='"9999-12-31T23:59:59Z"'), {"quarantined": 1}),
    "pH 1e308": (item("1e308"), {"accepted": 1}),
    "pH 9999": (item("9999"), {"accepted": 1}),
    "pH -0": (item("-0"), {"accepted": 1}),
    "pH 1e-400": (item("1e-400"), {"accepted": 1}),
    "SQL in an unknown text": (item(more=',"note":"\'; DROP TABLE readings; --"'), {"accepted": 1}),
    "the same reading twice": (f'{{"readings":[{SOUND},{SOUND}]}}'.encode(), {"accepted": 1, "duplicates": 1}),
    "all numbers gigantic": (
        item("1e308", more=',"ec_us_cm":-1e308,"water_c":1e308,"ph_mv":1e308,"ec_mv":-1e308'),
        {"accepted": 1},
    ),
    "255 unknown keys": (item(more="".join(f',"k{number}":{number}' for number in range(255))), {"accepted": 1}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_the_senders_fault(lasting_api, lasting_pi, name):
    body, status = HOSTILE[name]

    answer = lasting_api.post(lasting_pi, body)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == status


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_body_is_taken_for_what_it_is(api, pi, name):
    body, expected = ACCEPTED[name]

    answer = api.post(pi, body)

    assert answer.status_code == 200
    assert {fate: answer.get_json()[fate] for fate in expected} == expected


def test_after_all_hostile_bodies_the_table_is_whole_and_holds_only_possible_numbers(api, pi):
    answers = [api.post(pi, body) for body, _ in [*HOSTILE.values(), *ACCEPTED.values()]]

    assert max(answer.status_code for answer in answers) == 422
    with api.engine.connect() as connection:
        query = text("SELECT count(*), count(ph), count(ec_us_cm), count(ph_mv) FROM readings")
        # All of the accepted bodies speak of one minute; the first, pH 6.1 behind a byte order mark, stays.
        assert tuple(connection.execute(query).one()) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("values", "sent", "flag", "test"),
    [
        ({"ph": 9999}, 9999.0, 4, 2),
        ({"ph": 14.5}, 14.5, 4, 2),
        ({"ph": 1e308}, None, 4, 2),
        ({"ph": None}, None, 9, 1),
    ],
)
def test_an_impossible_ph_is_null_with_a_flag_and_the_rest_of_the_reading_stays(api, pi, values, sent, flag, test):
    api.post(pi, {"readings": [{"ts": TS, "ec_us_cm": 1500, "water_c": 21.0, **values}]})

    with api.engine.connect() as connection:
        query = text("SELECT ph, ph_sent, quality & 15, tests & 65535, ec_us_cm, water_c FROM readings")
        assert tuple(connection.execute(query).one()) == (None, sent, flag, test, 1500.0, 21.0)


@pytest.mark.parametrize("water", [85.0, -127.0, 1e9])
def test_a_thermometers_error_code_is_no_temperature(api, pi, water):
    api.post(pi, {"readings": [{"ts": TS, "ph": 6.0, "ec_mv": 1000.0, "water_c": water}]})

    with api.engine.connect() as connection:
        query = text("SELECT water_c, quality >> 8, quality >> 4 & 15, ph, round(ec_us_cm::numeric, 2) FROM readings")
        # Water failed; EC from millivolts assumes 25 °C and is therefore suspect.
        water_c, water_flag, ec_flag, ph, ec = connection.execute(query).one()
        assert (water_c, water_flag, ec_flag, ph, float(ec)) == (None, 4, 3, 6.0, 734.95)


@pytest.mark.parametrize(("ph_mv", "stored"), [(0.0, 0.0), (-3.5, -3.5), (3300.0, 3300.0), (1e6, None)])
def test_an_input_at_its_rail_measures_nothing(api, pi, ph_mv, stored):
    api.post(pi, {"readings": [{"ts": TS, "ph_mv": ph_mv, "water_c": 25.0}]})

    with api.engine.connect() as connection:
        query = text("SELECT ph, ph_mv, quality & 15, tests & 4 FROM readings")
        assert tuple(connection.execute(query).one()) == (None, stored, 4, 4)


def test_a_gzip_bomb_is_too_large(lasting_api, lasting_pi):
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=9)

    answer = lasting_api.post(lasting_pi, bomb, Content_Encoding="gzip")

    assert len(bomb) < 1_000_000
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/api/v1/problems/too-large")


def test_gzip_in_gzip_is_not_unpacked_twice(lasting_api, lasting_pi):
    packed = gzip.compress(gzip.compress(item()))

    assert lasting_api.post(lasting_pi, packed, Content_Encoding="gzip").status_code == 400
    assert lasting_api.post(lasting_pi, packed, Content_Encoding="gzip, gzip").status_code == 415


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
def test_another_media_type_is_refused(lasting_api, lasting_pi, kind):
    answer = lasting_api.post(lasting_pi, item(), Content_Type=kind)

    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")


def test_ten_megabytes_are_refused_by_the_real_server_however_they_are_announced(served, pi):
    headers = {**pi.headers, "Content-Type": "application/json"}
    two_megabytes = [b" " * 65_536] * 32

    announced = served.post("/api/v1/readings", content=b"".join(two_megabytes), headers=headers)
    chunked = served.post("/api/v1/readings", content=iter(two_megabytes), headers=headers)
    beyond_the_servers_limit = served.post("/api/v1/readings", content=iter(two_megabytes * 5), headers=headers)

    assert [one.status_code for one in (announced, chunked, beyond_the_servers_limit)] == [413, 413, 413]
    assert announced.headers["Content-Type"] == chunked.headers["Content-Type"] == "application/problem+json"


def test_a_chunked_batch_is_accepted_by_the_real_server(served, pi):
    body = json.dumps({"readings": [json.loads(SOUND)]}).encode()
    headers = {**pi.headers, "Content-Type": "application/json"}

    answer = served.post("/api/v1/readings", content=iter([body[:20], body[20:]]), headers=headers)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
