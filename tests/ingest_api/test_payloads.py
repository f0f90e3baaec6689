"""Parsing a body into columns, without a database."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.flags import Test
from ingest_api.closer_look import judge
from ingest_api.payloads import judge_sound, parse
from ingest_api.problems import Problem

TS = "2026-11-23T08:00:00.000Z"
TS_MS = 1_795_420_800_000


def body_of(*readings, **envelope):
    return json.dumps({**envelope, "readings": list(readings)}).encode()


def with_ph(literal):
    """One sound reading and one whose pH is written as given."""
    return f'{{"readings":[{{"ts":"{TS}","ph":6.0}},{{"seq":7,"ts":"{TS}","ph":{literal}}}]}}'.encode()


def test_a_batch_becomes_columns():
    batch = parse(
        body_of(
            {"seq": 412, "ts": TS, "ph_mv": 1655.2, "ec_mv": 1210.4, "water_c": 21.44, "clock": "synced"},
            {
                "seq": 413,
                "ts": "2026-11-23T08:00:10+00:00",
                "ph": 6.08,
                "tds_ppm": 812,
                "tds_scale": 500,
                "water_c": None,
            },
            stream="6f1c",
            sent_at=TS,
            dropped=3,
            agent="1.0",
            interval_s=10,
        ),
        device_id=5,
    )

    sent = batch.sent
    assert (batch.stream, batch.sent_at_ms, batch.dropped, batch.agent) == ("6f1c", TS_MS, 3, "1.0")
    assert batch.interval_s == 10.0
    assert sent.device_id.tolist() == [5, 5]
    assert sent.ts_ms.tolist() == [TS_MS, TS_MS + 10_000]
    assert sent.seq.tolist() == [412, 413]
    assert sent.clock.tolist() == [1, -1]
    np.testing.assert_array_equal(sent.ph_mv, [1655.2, np.nan])
    np.testing.assert_array_equal(sent.ph, [np.nan, 6.08])
    np.testing.assert_array_equal(sent.ec_us_cm, [np.nan, 1624.0])
    np.testing.assert_array_equal(sent.water_c, [21.44, np.nan])


@pytest.mark.parametrize(("scale", "ec"), [(None, 1000.0), (500, 1000.0), (640, 781.25), (700, 714.2857142857143)])
def test_ppm_become_ec_by_their_own_scale(scale, ec):
    scales = {} if scale is None else {"tds_scale": scale}
    assert parse(body_of({"ts": TS, "tds_ppm": 500, **scales}), 1).sent.ec_us_cm.tolist() == [pytest.approx(ec)]


def test_a_bare_reading_is_a_batch_of_one():
    batch = parse(json.dumps({"ts": TS, "ph": 6.1, "stream": "a", "sent_at": TS}).encode(), 1)

    assert (len(batch.sent), batch.stream, batch.sent_at_ms) == (1, "a", TS_MS)


def test_an_empty_batch_is_a_sign_of_life():
    batch = parse(b'{"stream":"a","readings":[]}', 1)

    assert (len(batch.sent), list(batch.rejected), batch.stream) == (0, [], "a")


def test_scattered_samples_are_a_hint_beside_a_value():
    sent = parse(body_of({"ts": TS, "ph_mv": 1500, "ec_mv": 1000, "reasons": {"ph_mv": "scattered"}}), 1).sent

    assert sent.ph_mv.tolist() == [1500]
    assert (sent.ph_hints.tolist(), sent.ec_hints.tolist()) == ([Test.SCATTERED], [0])


def test_reasons_become_hints_for_their_own_channel():
    sent = parse(
        body_of(
            {"ts": TS, "ph_mv": None, "ec_mv": 1000, "reasons": {"ph_mv": "rail", "pump": "on"}},
            {"ts": TS, "ph_mv": 1500, "water_c": None, "reasons": {"water_c": "sensor-reset"}},
            {"ts": TS, "ph_mv": 1500, "water_c": None, "reasons": {"water_c": "sensor-absent"}},
        ),
        1,
    ).sent

    assert sent.ph_hints.tolist() == [Test.RAIL, 0, 0]
    assert sent.ec_hints.tolist() == [0, 0, 0]
    assert sent.water_hints.tolist() == [0, Test.IMPOSSIBLE, 0]


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ("1e999", "ph-not-finite"),
        ("-1e999", "ph-not-finite"),
        ("9" * 400, "ph-not-finite"),
        ("true", "ph-not-a-number"),
        ('"6.1"', "ph-not-a-number"),
        ('"abc"', "ph-not-a-number"),
        ("[]", "ph-not-a-number"),
        ("{}", "ph-not-a-number"),
    ],
)
def test_what_is_not_a_number_costs_only_its_own_reading(literal, code):
    batch = parse(with_ph(literal), 1)

    assert len(batch.sent) == 1
    (rejected,) = batch.rejected
    assert (rejected.index, rejected.seq, rejected.code, rejected.pointer) == (1, 7, code, "/readings/1/ph")


@pytest.mark.parametrize(
    ("reading", "code", "pointer"),
    [
        ({"ph": 6.1}, "ts-missing", "/readings/0/ts"),
        ({"ts": None, "ph": 6}, "ts-not-text", "/readings/0/ts"),
        ({"ts": 0, "ph": 6}, "ts-not-text", "/readings/0/ts"),
        ({"ts": "now", "ph": 6}, "ts-invalid", "/readings/0/ts"),
        ({"ts": "2026-11-23T08:00:00", "ph": 6}, "ts-invalid", "/readings/0/ts"),
        ({"ts": "292000-01-01T00:00:00Z", "ph": 6}, "ts-invalid", "/readings/0/ts"),
        ({"ts": TS}, "no-channel", "/readings/0"),
        ({"ts": TS, "pH": 6.1}, "no-channel", "/readings/0"),
        ({"ts": TS, "tds_ppm": 500, "ec_us_cm": 1000}, "ec-given-twice", "/readings/0/tds_ppm"),
        ({"ts": TS, "tds_ppm": 500, "tds_scale": 501}, "tds-scale-invalid", "/readings/0/tds_scale"),
        ({"ts": TS, "ph": 6, "seq": -1}, "seq-invalid", "/readings/0/seq"),
        ({"ts": TS, "ph": 6, "seq": 2**31}, "seq-invalid", "/readings/0/seq"),
        ({"ts": TS, "ph": 6, "seq": 10**30}, "seq-invalid", "/readings/0/seq"),
        ({"ts": TS, "ph": 6, "seq": 1.5}, "seq-invalid", "/readings/0/seq"),
        ({"ts": TS, "ph": 6, "clock": "sundial"}, "clock-invalid", "/readings/0/clock"),
        ({"ts": TS, "ph": 6, "clock": "syn\0ced"}, "text-invalid", "/readings/0/clock"),
        ({"ts": TS, "ph": 6, "note": "\ud800"}, "text-invalid", "/readings/0/note"),
        ({"ts": TS, "ph": 6, "\ud800": 1}, "text-invalid", "/readings/0"),
        ({"ts": TS, "ph": 6, "a/b~c": "\0"}, "text-invalid", "/readings/0/a~1b~0c"),
        ({"ts": TS, "ph": 6, "reasons": {"ph": 1}}, "reasons-invalid", "/readings/0/reasons"),
        ("6.1", "not-an-object", "/readings/0"),
        (None, "not-an-object", "/readings/0"),
        ([], "not-an-object", "/readings/0"),
    ],
)
def test_every_fault_of_a_reading_has_a_code_and_a_place(reading, code, pointer):
    batch = parse(body_of(reading), 1)

    (rejected,) = batch.rejected
    assert (len(batch.sent), rejected.code, rejected.pointer) == (0, code, pointer)
    assert rejected.detail


def test_the_pointer_of_a_bare_reading_starts_at_the_root():
    (rejected,) = parse(json.dumps({"ts": TS, "ph": True}).encode(), 1).rejected

    assert rejected.pointer == "/ph"


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        ({"stream": "a\0"}, "text-invalid"),
        ({"stream": "a b"}, "stream-invalid"),
        ({"stream": "a\n"}, "stream-invalid"),
        ({"stream": "x" * 65}, "stream-invalid"),
        ({"stream": 5}, "stream-invalid"),
        ({"dropped": -1}, "dropped-invalid"),
        ({"dropped": True}, "dropped-invalid"),
        ({"agent": "Pi 🍓"}, "agent-invalid"),
        ({"interval_s": 0}, "interval-s-invalid"),
        ({"interval_s": 1e9}, "interval-s-invalid"),
        ({"sent_at": "yesterday"}, "sent-at-invalid"),
        ({"sent_at": ""}, "sent-at-invalid"),
        ({"sent_at": 17}, "sent-at-invalid"),
    ],
)
def test_a_fault_of_the_envelope_is_a_fault_of_every_reading(envelope, code):
    batch = parse(body_of({"seq": 1, "ts": TS, "ph": 6}, {"seq": 2, "ts": TS, "ph": 6}, **envelope), 1)

    (name,) = envelope
    assert len(batch.sent) == 0
    assert [(one.index, one.seq, one.code, one.pointer) for one in batch.rejected] == [
        (0, 1, code, f"/{name}"),
        (1, 2, code, f"/{name}"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"readings":[}',
        b'{"readings":[]}{}',
        b"\xff\xfe{\x00}\x00",
        '{"readings":[]}'.encode("utf-16"),
        b'{"readings":[],"note":"\xff"}',
        b'{"readings":[],"stream":"\xff"}',
        with_ph("NaN"),
        with_ph("Infinity"),
        with_ph("-Infinity"),
        with_ph("9" * 5000),
        with_ph("06.1"),
        with_ph("6.1,"),
        with_ph('6.1,"ph":6.2'),
        b'{"readings":[],"readings":[]}',
        b'{"stream":"a","stream":"a","readings":[]}',
        b'{"readings":[],"x":{"y":1,"y":1}}',
        b'{"readings":[],"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"readings":[],"x":[[[[[[[[1]]]]]]]]}',
    ],
)
def test_what_is_not_strict_json_is_refused_as_a_whole(body):
    with pytest.raises(Problem) as refused:
        parse(body, 1)

    assert refused.value.kind.slug == "malformed-body"


@pytest.mark.parametrize("body", [b"null", b'"text"', b"[]", b"5", b"true", b'{"readings":{}}', b'{"readings":null}'])
def test_json_that_is_no_batch_is_unprocessable(body):
    with pytest.raises(Problem) as refused:
        parse(body, 1)

    assert (refused.value.kind.slug, refused.value.kind.status) == ("not-a-batch", 422)


def test_eight_levels_of_nesting_are_allowed():
    assert len(parse(b'{"readings":[],"x":[[[[[[[1]]]]]]]}', 1).sent) == 0


@pytest.mark.parametrize("extra", ["", ',"unknown":1'])
def test_more_readings_than_a_transaction_should_hold_are_refused(extra):
    reading = f'{{"ts":"{TS}","ph":6}}'
    body = f'{{"readings":[{",".join([reading] * 10_001)}]{extra}}}'.encode()

    with pytest.raises(Problem) as refused:
        parse(body, 1)

    assert (refused.value.kind.slug, refused.value.kind.status) == ("too-many-readings", 413)


def test_a_long_object_with_one_double_key_is_refused_in_time_linear_in_its_length():
    keys = ",".join(f'"k{number}":0' for number in range(200_000))

    with pytest.raises(Problem, match="k199999"):
        parse(f'{{"readings":[],{keys},"k199999":1}}'.encode(), 1)


def test_unknown_fields_are_passed_over():
    batch = parse(body_of({"ts": TS, "ph": 6, "turbidity": 3}, battery="full"), 1)

    assert (len(batch.sent), list(batch.rejected)) == (1, [])


def test_an_escaped_text_takes_the_closer_look_and_is_read_the_same():
    plain = b'{"readings":[{"ts":"2026-11-23T08:00:00Z","ph":6}]}'
    escaped = plain.replace(b"08:00:00Z", b"08:00:00\\u005a")

    assert judge_sound(plain) is not None
    assert judge_sound(escaped) is None
    assert parse(escaped, 1).sent.ts_ms.tolist() == parse(plain, 1).sent.ts_ms.tolist()


ON_A_BUSY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

numbers = st.one_of(
    st.none(), st.integers(-(10**20), 10**20), st.floats(), st.booleans(), st.text(max_size=3), st.just([])
)
readings = st.fixed_dictionaries(
    {},
    optional={
        "ts": st.sampled_from([TS, "2026-11-23T08:00:00+07:00", "2026-11-23", "", 5, None]),
        "seq": st.one_of(st.none(), st.integers(-2, 2**32), st.floats()),
        "ph_mv": numbers,
        "water_c": numbers,
        "ph": numbers,
        "tds_ppm": numbers,
        "ec_us_cm": numbers,
        "tds_scale": st.sampled_from([500, 640, 700, 501, None, 500.0]),
        "clock": st.sampled_from(["synced", "unknown", None, "sundial", 1]),
        "note": st.text(max_size=3),
        "reasons": st.sampled_from([None, {}, {"ph_mv": "rail"}, {"ph_mv": 1}, 5]),
    },
)
bodies = st.fixed_dictionaries(
    {"readings": st.lists(readings, max_size=3)},
    optional={"stream": st.sampled_from(["a", "", None, 5]), "sent_at": st.sampled_from([TS, None, "", 3])},
)


@ON_A_BUSY_MACHINE
@given(bodies, st.booleans())
def test_both_ways_of_parsing_agree(document, escape):
    body = json.dumps(document, ensure_ascii=escape, allow_nan=True).encode("utf-8", "surrogatepass")
    quick = judge_sound(body)
    if quick is None:
        return

    slow = judge(body)

    assert slow.rejected == []
    assert slow.said == quick.said
    assert slow.stamps.tolist() == quick.stamps.tolist()
    assert slow.sent_at_ms == quick.sent_at_ms
    assert [getattr(slow.envelope, name) for name in ("stream", "dropped")] == [
        quick.envelope.stream,
        quick.envelope.dropped,
    ]


@ON_A_BUSY_MACHINE
@given(bodies)
def test_every_reading_is_either_sent_or_rejected(document):
    # json.dumps would write NaN and Infinity, which are not JSON; 1e999 is, and means the same to a parser.
    body = json.dumps(document).replace("NaN", "1e999").replace("Infinity", "1e999").encode()

    batch = parse(body, 1)

    assert len(batch.sent) + len(batch.rejected) == len(document["readings"])
    assert all(math.isfinite(value) or math.isnan(value) for value in batch.sent.ph)


@ON_A_BUSY_MACHINE
@given(st.binary(max_size=60).filter(lambda body: not body.strip().startswith(b"{")))
def test_bytes_that_are_no_object_are_refused(body):
    with pytest.raises(Problem) as refused:
        parse(body, 1)

    assert refused.value.kind.status in (400, 422)
