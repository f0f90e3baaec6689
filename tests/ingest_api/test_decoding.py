"""The quick way and the closer look agree about every sound body, and the quick way takes nothing else."""

import json
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest_api.closer_look import judge
from ingest_api.columns import columns_of
from ingest_api.payloads import judge_sound
from ingest_api.problems import Problem
from ingest_api.said import Said, quotation_marks
from ingest_api.sent import SentReadings
from ingest_api.timestamps import parse_all_ms, parse_ms
from ingest_api.wire import Body

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
STAMPS = st.one_of(
    MOMENTS.map(lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    MOMENTS.map(datetime.isoformat),
    st.sampled_from(["2026-02-30T00:00:00.000Z", "2026-11-23T24:00:00.000Z", "2026-11-23 00:00:00.000Z", "now", ""]),
)
NUMBERS = st.one_of(st.floats(allow_nan=False), st.integers(-(10**30), 10**30), st.none())
FLAWS = st.sampled_from([True, "6.1", [], {}, float("nan"), float("inf"), 10**400])
READINGS = st.fixed_dictionaries(
    {"ts": STAMPS},
    optional={
        "seq": st.one_of(st.integers(-1, 2**31), st.none()),
        **dict.fromkeys(("ph_mv", "ec_mv", "water_c", "ph", "ec_us_cm"), NUMBERS),
        "tds_ppm": NUMBERS | FLAWS,
        "tds_scale": st.sampled_from([500, 640, 700, 600, None]),
        "clock": st.sampled_from(["synced", "unknown", "wrong", None]),
        "reasons": st.one_of(st.none(), st.dictionaries(st.sampled_from(["ph", "ec_mv", "x"]), st.text(max_size=6))),
        "extra": st.integers(),
    },
)
BODIES = st.fixed_dictionaries(
    {"readings": st.lists(READINGS, max_size=30)},
    optional={
        "stream": st.one_of(st.none(), st.text(max_size=8), st.just("6f1c")),
        "sent_at": STAMPS,
        "dropped": st.integers(-1, 2**54),
        "interval_s": st.floats(allow_nan=False),
    },
)


def columns(sent: SentReadings):
    return [getattr(sent, name).tolist() for name in SentReadings.__slots__]


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_both_ways_give_the_same_readings(document):
    body = json.dumps(document).encode()
    quick = judge_sound(body)
    if quick is None:
        return

    careful = judge(body)

    assert not careful.rejected
    assert (quick.envelope.stream, quick.sent_at_ms) == (careful.envelope.stream, careful.sent_at_ms)
    of_quick, of_careful = (columns_of(one.said, one.stamps, 7) for one in (quick, careful))
    np.testing.assert_equal(columns(of_quick), columns(of_careful))


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_quotation_marks_are_counted_as_json_has_them(document):
    try:
        body = msgspec.convert(document, Body)
    except (msgspec.ValidationError, OverflowError):
        assume(False)
    written = msgspec.json.encode(body)
    assume(b"\\" not in written)

    assert quotation_marks(body, Said.by(body.readings)) == written.count(b'"')


def test_a_body_that_says_everything_is_taken_the_quick_way():
    everything = (
        b'{"stream":null,"sent_at":"2026-11-23T08:00:00Z","dropped":0,"agent":"0.2.0","interval_s":60,'
        b'"config_damaged":false,"readings":[{"ts":"2026-11-23T08:00:00Z","seq":1,"ph_mv":null,"ph":6.1,'
        b'"tds_ppm":700,"tds_scale":500,"clock":null,"reasons":{"ph_mv":"rail","water_c":"sensor-reset"}},'
        b'{"ts":"2026-11-23T08:01:00Z","ec_us_cm":1400,"clock":"synced","reasons":null}]}'
    )

    assert judge_sound(everything) is not None


@settings(max_examples=200, deadline=None)
@given(st.lists(READINGS, max_size=25))
def test_every_reading_is_either_kept_or_rejected_by_name(readings):
    body = json.dumps({"readings": readings}).encode()
    try:
        judged = judge_sound(body) or judge(body)
    except Problem:  # not JSON at all, such as NaN
        assume(False)

    assert len(judged.said) + len(judged.rejected) == len(readings)
    assert all(one.code and one.pointer.startswith(f"/readings/{one.index}") for one in judged.rejected)


@settings(max_examples=300, deadline=None)
@given(st.lists(STAMPS.filter(lambda text: text), min_size=20, max_size=25))
def test_many_stamps_are_read_as_each_alone(texts):
    try:
        expected = [parse_ms(text) for text in texts]
    except ValueError:
        with pytest.raises(ValueError, match=r"RFC 3339|day|hour|month|outside"):
            parse_all_ms(texts)
    else:
        assert parse_all_ms(texts).tolist() == expected


@pytest.mark.parametrize("day", ["02-29", "04-31", "00-10", "13-01", "01-00"])
def test_a_day_that_does_not_exist_is_found_among_many(day):
    with pytest.raises(ValueError, match=r"day|month"):
        parse_all_ms(["2026-11-23T07:59:50.000Z"] * 30 + [f"2026-{day}T00:00:00.000Z"])


def test_stamps_whose_lengths_only_add_up_are_not_taken():
    texts = ["2026-11-23T00:00:00.000Z2", "026-11-23T00:00:00.000Z"] * 15

    with pytest.raises(ValueError, match="RFC 3339"):
        parse_all_ms(texts)
