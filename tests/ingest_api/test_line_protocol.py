"""InfluxDB's line protocol: read as its writers mean it, and stored like any other reading."""

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ingest_api.line_protocol import gather_lines
from ingest_api.problems import Problem

NOW_MS = 1_795_393_800_000
NANOSECONDS = "1795393790000000000"
#: What a stock Telegraf sends: its own measurements between those of the tank, tags everywhere, one batch.
TELEGRAF = (
    "mqtt_consumer,host=gh\\ 3,topic=tanks/7 ph=6.08,ec_us_cm=1512,online=true 1795393790000000000\n"
    'mqtt_consumer,host=gh\\ 3,topic=tanks/7 water_c=21.44,note="all \\"well\\", he said" 1795393790000000000\n'
    "mqtt_consumer,host=gh\\ 3,topic=tanks/7 ph=6.10,water_c=21.5 1795393800000000000\n"
)


def gather(lines, precision="ns"):
    return gather_lines(lines, precision, now_ms=NOW_MS)


def values_of(line):
    (reading,) = gather(line).readings.values()
    return {name: value for name, value in reading.items() if name not in ("ts", "clock")}


def codes(lines):
    return [(fault.index, fault.code) for fault in gather(lines).rejected]


def write(api, pi, body, query="?bucket=farm&org=home&precision=ns", **headers):
    given = {
        "Authorization": f"Token {pi.token.text}",
        "Content-Type": "text/plain; charset=utf-8",
        "User-Agent": "Telegraf/1.36.4",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return api.client.post(f"/api/v2/write{query}", data=body, headers=given)


def stored(api):
    with api.engine.connect() as connection:
        rows = connection.execute(text("SELECT ts, ph, ec_us_cm, water_c FROM readings ORDER BY ts")).all()
    return [(row.ts, row.ph, row.ec_us_cm, row.water_c) for row in rows]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("tank ph=6.1", {"ph": 6.1}),
        ("tank ph=6i", {"ph": 6.0}),
        ("tank ph=6u", {"ph": 6.0}),
        ("tank ph=-6.1e-1", {"ph": -0.61}),
        ("tank ph=6.,water_c=.5", {"ph": 6.0, "water_c": 0.5}),
        ("my\\ tank\\,one,a\\ b=c\\=d,e=f\\,g ph=6.1 1", {"ph": 6.1}),
        ('tank status="a b, c=d \\" e\\\\",ph=6.1 1', {"ph": 6.1}),
        ('tank ph=6.1,note="two\nlines" 1', {"ph": 6.1}),
        ("tank ph=6.1,odd\\ field\\=1=2,p\\h=3 1", {"ph": 6.1}),
        ("tank  ph=6.1   1795393790000000000  ", {"ph": 6.1}),
        ("tank tds_ppm=812,tds_scale=700i", {"tds_ppm": 812.0, "tds_scale": 700}),
        ("tank ph=6.1 1\r\n", {"ph": 6.1}),
    ],
)
def test_a_line_is_read_as_its_writer_meant_it(line, values):
    assert values_of(line) == values


@pytest.mark.parametrize(
    ("precision", "stamp", "milliseconds"),
    [
        ("ns", "1795393790123456789", "2026-11-23T00:29:50.123Z"),
        ("us", "1795393790123456", "2026-11-23T00:29:50.123Z"),
        ("ms", "1795393790123", "2026-11-23T00:29:50.123Z"),
        ("s", "1795393790", "2026-11-23T00:29:50.000Z"),
        ("ns", "-1", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_stamp_counts_in_the_precision_asked_for(precision, stamp, milliseconds):
    (reading,) = gather(f"tank ph=6.1 {stamp}", precision).readings.values()

    assert reading["ts"] == milliseconds


def test_a_line_without_a_time_stamp_was_measured_about_now():
    assert list(gather("tank ph=6.1").readings.values()) == [
        {"ts": "2026-11-23T00:30:00.000Z", "ph": 6.1, "clock": "estimated"}
    ]


def test_lines_of_one_moment_are_one_reading():
    readings = list(gather(TELEGRAF).readings.values())

    assert readings == [
        {"ts": "2026-11-23T00:29:50.000Z", "ph": 6.08, "ec_us_cm": 1512.0, "water_c": 21.44},
        {"ts": "2026-11-23T00:30:00.000Z", "ph": 6.1, "water_c": 21.5},
    ]


def test_comments_and_blank_lines_say_nothing():
    gathered = gather("# tank ph=1 1\n\n  \n\ntank ph=6.1 1\n#\n")

    assert (len(gathered.readings), gathered.rejected) == (1, [])


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        ("tank", [(0, "line-malformed")]),
        ("tank ph", [(0, "line-malformed")]),
        ("tank ph=6.1 tomorrow", [(0, "line-malformed")]),
        ('tank ph="open', [(0, "line-malformed")]),
        ("tank ph=6.1 99999999999999999999", [(0, "line-malformed")]),
        ("tank ph=6.1 1\ngarbage\ntank ph=6.2 2000000", [(1, "line-malformed")]),
        ("cpu,cpu=cpu0 usage_idle=98.2 1", [(0, "no-channel")]),
        ("tank tds_scale=500i 1", [(0, "no-channel")]),
        ('tank ph="6.1" 1', [(0, "ph-not-a-number")]),
        ("tank ph=true 1", [(0, "ph-not-a-number")]),
        ("tank ph=NaN 1", [(0, "ph-not-a-number")]),
        ("tank ph=1e999 1", [(0, "ph-not-a-number")]),
        ("tank ph=6.1 1\ntank ph=6.1 1\ntank ph=6.2 1", [(2, "given-twice")]),
    ],
)
def test_a_fault_is_told_with_its_line(lines, faults):
    assert codes(lines) == faults


def test_a_rejected_line_leaves_nothing_behind():
    gathered = gather("tank ph=6.1 1\ntank water_c=21,ph=6.2 1")

    assert list(gathered.readings.values()) == [{"ts": "1970-01-01T00:00:00.000Z", "ph": 6.1}]


def test_a_fault_of_a_reading_is_told_for_each_of_its_lines():
    batch = gather("tank ec_us_cm=1500 1\ntank ph=6 2000000\ntank tds_ppm=750 1").batch(1)

    assert [(fault.index, fault.code) for fault in batch.rejected] == [(0, "ec-given-twice"), (2, "ec-given-twice")]
    assert batch.sent.ph.tolist() == [6.0]


def test_more_lines_than_one_transaction_should_hold_are_refused():
    with pytest.raises(Problem) as caught:
        gather("t ph=6 1\n" * 10_001)

    assert caught.value.kind.slug == "too-many-readings"


@given(st.text(alphabet='tank,ph=6.1 "\\\n\r#i0Z\ud7ff', max_size=200))
def test_any_text_is_read_or_refused_line_by_line(lines):
    gathered = gather(lines)

    assert all(0 <= fault.index < max(lines.count("\n") + 1, 1) for fault in gathered.rejected)
    gathered.batch(1)


@pytest.mark.parametrize("length", [100_000])
@pytest.mark.parametrize("piece", ["\\", "\\,", ",a=", 'a="', "t ph=", "=", " ", '\\"'])
def test_hostile_repetition_costs_no_more_than_its_length(piece, length):
    gathered = gather("t " + piece * length)  # a pattern that backtracks would not come back

    assert len(gathered.rejected) == 1


def test_telegraf_s_own_bytes_are_stored(api, pi):
    answer = write(api, pi, gzip.compress(TELEGRAF.encode()), Content_Encoding="gzip")

    assert (answer.status_code, answer.data) == (204, b"")
    assert stored(api) == [
        (datetime(2026, 11, 23, 0, 29, 50, tzinfo=UTC), 6.08, 1512.0, 21.44),
        (datetime(2026, 11, 23, 0, 30, tzinfo=UTC), 6.1, None, 21.5),
    ]


def test_the_same_bytes_again_change_nothing(api, pi):
    answers = [write(api, pi, TELEGRAF).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert len(stored(api)) == 2


def test_what_can_be_stored_is_stored_beside_what_cannot(api, pi):
    answer = write(api, pi, TELEGRAF + "cpu usage_idle=98.2 1795393790000000000\n")

    body = answer.get_json()
    assert (answer.status_code, body["type"], body["accepted"]) == (422, "/api/v1/problems/some-rejected", 2)
    assert [(one["index"], one["code"]) for one in body["rejected"]] == [(3, "no-channel")]
    assert body["message"].startswith("1 lines rejected; line 4: none of its fields is one of ph_mv,")
    assert len(stored(api)) == 2


def test_the_sender_s_name_for_itself_is_kept(api, pi):
    write(api, pi, TELEGRAF)

    with api.engine.connect() as connection:
        assert connection.execute(text("SELECT agent FROM device_state")).scalar_one() == "Telegraf/1.36.4"


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("?precision=h", b"t ph=6", 400),
        ("?presicion=ms", b"t ph=6", 400),
        ("", b"\xff\xfe", 400),
        ("", b"", 204),
        ("", b"t ph=6\x00 1795393790000000000", 422),
        ("?precision=s", b"t ph=6.1 9999999999999999999", 422),
    ],
)
def test_what_cannot_be_read_is_told_with_its_status(api, pi, query, body, status):
    assert write(api, pi, body, query).status_code == status


def test_any_media_type_is_taken_for_lines(api, pi):
    assert write(api, pi, TELEGRAF, Content_Type="application/x-www-form-urlencoded").status_code == 204


def test_without_a_live_token_nothing_is_taken(api, pi):
    assert write(api, pi, TELEGRAF, Authorization="Token nobody").status_code == 401
