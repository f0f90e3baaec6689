"""Time columns: which format, which moment."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from app.imports.request import ImportRefused, ImportRequest, zone_of
from app.imports.times import detect, given_format, parse

UTC = UTC
# 2021-07-02 00:15 UTC, by `date -u -d '2021-07-02 00:15' +%s`.
JULY_MS = 1_625_184_900_000


def read(texts, zone=UTC, how=None):
    stamps = parse(texts, how or detect(iter(texts)), zone)
    return stamps.ms[stamps.ok].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-02 00:15",
        "2021-07-02T00:15",
        "2021-07-02 00:15:00",
        "2021-07-02 00:15:00.000",
        "2021-07-02T00:15:00Z",
        "2021-07-02T00:15:00.000000Z",
        "2021-07-02 07:15+07:00",
        "2021-07-01T20:45:00-0330",
        "2021/07/02 00:15",
        "02.07.2021 00:15",
        "2.7.2021 0:15:00",
        "2 Jul 2021 0:15",
        "02-Jul-2021 12:15:00 AM",
        "2 July 2021 00:15",
        " 2021-07-02 00:15 ",
        "1625184900",
        "1625184900.0",
        "1625184900000",
    ],
)
def test_formats_are_recognised(text):
    assert read([text]) == [JULY_MS]


@pytest.mark.parametrize("text", ["2021-07-02 0.15", "2021-07-02 00.15.00", "2.7.2021 0.15"])
def test_clocks_with_dots_are_recognised(text):
    assert read([text]) == [JULY_MS]


@pytest.mark.parametrize("texts", [["2021-07-02"], ["2021/07/02"], ["2.7.2021"], ["2/7/2021", "31/7/2021"]])
def test_a_date_alone_is_its_midnight(texts):
    assert read(texts)[0] == JULY_MS - 15 * 60_000


def test_stamps_with_and_without_fractions_may_be_mixed():
    assert read(["2021-07-02 00:15", "2021-07-02 00:15:00.250", "2021-07-02T00:15:01"]) == [
        JULY_MS,
        JULY_MS + 250,
        JULY_MS + 1000,
    ]


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        (["7/2/2021 0:15", "7/13/2021 0:00"], "M/D/YYYY H:MM"),
        (["2/7/2021 0:15", "13/7/2021 0:00"], "D/M/YYYY H:MM"),
        (["02-07-2021 00:15:00", "31-07-2021 00:15:00"], "D-M-YYYY H:MM"),
        (["7/2/2021 12:15 AM", "7/31/2021 1:00 PM"], "M/D/YYYY H:MM"),
    ],
)
def test_a_day_above_twelve_tells_day_from_month(texts, label):
    assert detect(iter(texts)).label == label
    assert read(texts)[0] == JULY_MS


def test_the_whole_file_is_searched_for_that_day():
    texts = ["7/2/2021 0:15"] * 5000 + ["7/31/2021 0:00"]

    assert detect(iter(texts)).label == "M/D/YYYY H:MM"


def test_day_and_month_that_cannot_be_told_apart_are_refused_with_a_way_out():
    with pytest.raises(ImportRefused, match=r"--time-format '%d/%m/%Y %H:%M' or --time-format '%m/%d/%Y %H:%M'"):
        detect(iter(["7/2/2021 0:15", "7/12/2021 0:00"]))


def test_a_given_format_is_used_as_given():
    assert read(["02 Jul 2021 00.15"], how=given_format("%d %b %Y %H.%M")) == [JULY_MS]


@pytest.mark.parametrize("texts", [["yesterday"], ["12:15"], ["2021"], ["20210702"], ["7/2/21 0:15"]])
def test_unknown_formats_are_refused_with_a_way_out(texts):
    with pytest.raises(ImportRefused, match="--time-format"):
        detect(iter(texts))


def test_an_empty_time_column_is_refused():
    with pytest.raises(ImportRefused, match="empty"):
        detect(iter(["", " "]))


def test_a_stamp_in_another_format_is_no_time_and_says_so():
    stamps = parse(
        ["2021-07-02 00:15", "7/2/2021 0:15", "", "2021-02-30 00:00"], detect(iter(["2021-07-02 00:15"])), UTC
    )

    assert stamps.ok.tolist() == [True, False, False, False]
    assert str(stamps.reasons[1]) == "time '7/2/2021 0:15' is not YYYY-MM-DD HH:MM (ISO 8601)"


def test_local_times_are_moved_to_utc():
    assert read(["2021-07-02 07:15"], ZoneInfo("Asia/Jakarta")) == [JULY_MS]
    assert read(["2021-07-01 17:15"], timezone(timedelta(hours=-7))) == [JULY_MS]
    assert read(["2021-07-02 02:15"], ZoneInfo("Europe/Berlin")) == [JULY_MS]


def test_a_stamp_with_its_own_offset_is_not_moved_by_the_zone():
    assert read(["2021-07-02T00:15:00Z"], ZoneInfo("Asia/Jakarta")) == [JULY_MS]


def test_times_that_never_were_and_times_that_were_twice_are_reported():
    # Berlin: 2021-03-28 02:30 was skipped, 2021-10-31 02:30 came twice.
    texts = ["2021-03-28 01:59", "2021-03-28 02:30", "2021-03-28 03:00", "2021-10-31 02:30", "2021-10-31 03:00"]

    stamps = parse(texts, detect(iter(texts)), ZoneInfo("Europe/Berlin"))

    assert stamps.ok.tolist() == [True, False, True, False, True]
    assert str(stamps.reasons[1]).startswith("2021-03-28 02:30:00 did not exist in Europe/Berlin")
    assert str(stamps.reasons[3]).startswith("2021-10-31 02:30:00 happened twice in Europe/Berlin")
    assert (stamps.ms[[0, 2]] % 3_600_000).tolist() == [59 * 60_000, 0]


def test_a_fixed_offset_knows_no_summer():
    texts = ["2021-03-28 02:30", "2021-10-31 02:30"]

    assert len(read(texts, zone_of("+01:00"))) == 2


@pytest.mark.parametrize("name", ["Mars/Olympus", "+7", "07:00", "+25:00", "", "../etc/passwd"])
def test_a_zone_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(ImportRefused, match="Asia/Jakarta"):
        ImportRequest(path=tmp_path, device="log-1", time_column="t", time_zone=name, ph_column="ph")
