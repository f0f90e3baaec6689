"""Which stretch the map shows, in whole cells."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.pages.heatmap.span import range_end, stretch_of
from app.pages.heatmap.view import Range, Size, View

JAKARTA = ZoneInfo("Asia/Jakarta")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_week_is_shown_by_the_hour_up_to_the_hour_that_now_lies_in(now):
    stretch = stretch_of(View(), JAKARTA, first=None, now=now)

    assert (stretch.start, stretch.end) == (at(2026, 11, 16, 0), at(2026, 11, 23, 1))
    assert (stretch.size, stretch.columns, stretch.is_coarser) == (Size.HOUR, 169, False)


def test_a_year_is_shown_by_the_day(now):
    stretch = stretch_of(View(range=Range.YEAR), JAKARTA, first=None, now=now)

    assert (stretch.start, stretch.end) == (at(2025, 11, 23), at(2026, 11, 24))
    assert (stretch.size, stretch.columns) == (Size.DAY, 366)


def test_weeks_begin_on_monday(now):
    stretch = stretch_of(View(size=Size.WEEK, range=Range.MONTH), JAKARTA, first=None, now=now)

    assert (stretch.start, stretch.end) == (at(2026, 10, 19), at(2026, 11, 30))
    assert stretch.start.strftime("%A") == "Monday"


def test_everything_begins_with_the_first_day_that_has_readings(now):
    stretch = stretch_of(View(range=Range.ALL), JAKARTA, first=date(2026, 11, 20), now=now)

    assert (stretch.start, stretch.size) == (at(2026, 11, 20), Size.HOUR)


def test_chosen_days_are_those_of_the_wall_clock(now):
    days = (date(2026, 11, 20), date(2026, 11, 21))

    stretch = stretch_of(View(days=days), JAKARTA, first=None, now=now)

    assert (stretch.start, stretch.end) == (at(2026, 11, 19, 17), at(2026, 11, 21, 17))


def test_columns_that_would_be_too_narrow_become_coarser_and_it_is_told(now):
    stretch = stretch_of(View(range=Range.YEAR, size=Size.HOUR), JAKARTA, first=None, now=now)

    assert (stretch.size, stretch.is_coarser) == (Size.DAY, True)


def test_no_address_asks_for_more_columns_than_a_screen_has(now):
    for days in ((date.min, date.max), (date(2080, 1, 1), date.max), (date.max, date.max)):
        for size in Size:
            stretch = stretch_of(View(days=days, size=size), JAKARTA, first=None, now=now)

            assert 1 <= stretch.columns <= 1122
            assert stretch.end - stretch.start == stretch.columns * stretch.step


def test_a_stretch_in_the_future_is_a_stretch_nevertheless(now):
    tomorrow = (now + timedelta(days=1)).date()

    stretch = stretch_of(View(days=(tomorrow, tomorrow)), JAKARTA, first=None, now=now)

    assert stretch.columns == 24


def test_a_range_without_readings_ends_right_after_the_newest_one(now):
    newest = at(2017, 12, 31, 23)

    end = range_end(View(), newest=newest, now=now)

    stretch = stretch_of(View(), JAKARTA, first=None, now=end)
    assert (stretch.start, stretch.end) == (at(2017, 12, 24, 23), at(2018, 1, 1, 0))


def test_a_range_that_holds_a_reading_ends_now(now):
    newest = now - timedelta(days=7)

    assert range_end(View(), newest=newest, now=now) == now
    assert range_end(View(), newest=None, now=now) == now
    assert range_end(View(range=Range.MONTH), newest=now - timedelta(days=20), now=now) == now


def test_everything_ends_with_the_newest_reading_once_a_week_is_without(now):
    everything = View(range=Range.ALL)

    assert range_end(everything, newest=now - timedelta(days=6), now=now) == now
    assert range_end(everything, newest=at(2017, 12, 31), now=now) == at(2017, 12, 31) + timedelta(milliseconds=1)


def test_chosen_days_are_never_moved_to_the_readings(now):
    days = (date(2026, 11, 20), date(2026, 11, 21))

    assert range_end(View(days=days), newest=at(2017, 12, 31), now=now) == now
