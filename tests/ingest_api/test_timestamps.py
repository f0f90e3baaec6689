"""Time stamps on the wire."""

from datetime import UTC, datetime

import pytest

from ingest_api.timestamps import format_moment, moment_of, parse_ms, shown

# 2026-11-23T08:00:00Z, by `date -u -d 2026-11-23T08:00:00Z +%s`.
EIGHT_OCLOCK_MS = 1_795_420_800_000


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:00Z",
        "2026-11-23T08:00:00.000Z",
        "2026-11-23t08:00:00z",
        "2026-11-23T15:00:00+07:00",
        "2026-11-23T13:45:00+05:45",
        "2026-11-23T04:30:00-03:30",
        "2026-11-23T08:00:00-00:00",
        "2026-11-24T07:59:00+23:59",
    ],
)
def test_offsets_name_the_same_moment(text):
    assert parse_ms(text) == EIGHT_OCLOCK_MS


def test_milliseconds_are_kept_and_finer_digits_cut_off():
    assert parse_ms("2026-11-23T08:00:00.001Z") == EIGHT_OCLOCK_MS + 1
    assert parse_ms("2026-11-23T08:00:00.5Z") == EIGHT_OCLOCK_MS + 500
    assert parse_ms("2026-11-23T08:00:00.999999999Z") == EIGHT_OCLOCK_MS + 999


def test_moments_before_1970_are_read():
    assert parse_ms("1969-12-31T23:59:59.999Z") == -1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "infinity",
        "2026-11-23",
        "2026-11-23T08:00:00",
        "2026-11-23T08:00Z",
        "2026-11-23 08:00:00Z",
        "2026-11-23T08:00:00+0700",
        "2026-11-23T08:00:00+07",
        "2026-11-23T08:00:00.Z",
        "2026-11-23T08:00:00,5Z",
        "2026-11-23T08:00:00Z\n",
        "2026-11-23T08:00:00Z ",
        "2026-11-23T08:00:60Z",
        "2026-11-23T24:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-13-01T08:00:00Z",
        "2026-11-23T08:00:00+24:00",
        "20261123T080000Z",
        "2026-W48-1T08:00:00Z",
        "292000-01-01T00:00:00Z",
        "+12026-11-23T08:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "２０２６-11-23T08:00:00Z",
    ],
)
def test_anything_but_rfc_3339_with_an_offset_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_ms(text)


def test_moments_are_written_in_utc_with_milliseconds():
    assert format_moment(datetime(2026, 11, 23, 8, tzinfo=UTC)) == "2026-11-23T08:00:00.000Z"
    assert format_moment(moment_of(EIGHT_OCLOCK_MS + 7)) == "2026-11-23T08:00:00.007Z"


def test_a_shown_value_is_short_and_ascii():
    assert shown("pH é\n") == r"'pH \xe9\n'"
    assert shown("x" * 5000) == "'" + "x" * 56 + "..."
