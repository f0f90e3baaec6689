"""From choices to a stretch of time and a level."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.pages.device.period import Extent, Level, Period, aligned, level_for, shown_period, window_fits
from app.pages.device.view import Range, View, Window

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
#: A river log that ended years ago.
OLD = Extent(datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 12, 31, 12, 0, tzinfo=UTC), 900.0)


def test_a_ready_made_range_ends_one_interval_after_the_newest_reading_however_old() -> None:
    period = shown_period(View(Range.WEEK), OLD, JAKARTA, now=NOW)

    assert period == Period(datetime(2019, 12, 24, 12, 15, tzinfo=UTC), datetime(2019, 12, 31, 12, 15, tzinfo=UTC))


def test_all_begins_with_the_first_reading() -> None:
    period = shown_period(View(Range.ALL), OLD, JAKARTA, now=NOW)

    assert period == Period(datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 12, 31, 12, 15, tzinfo=UTC))


def test_a_range_longer_than_the_log_begins_with_the_first_reading() -> None:
    short = Extent(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), 60.0)

    assert shown_period(View(Range.YEAR), short, JAKARTA, now=NOW).start == short.first


def test_chosen_days_are_whole_days_on_the_clock_of_the_site() -> None:
    view = View(days=(date(2026, 11, 1), date(2026, 11, 2)))

    assert shown_period(view, OLD, JAKARTA, now=NOW) == Period(
        datetime(2026, 10, 31, 17, 0, tzinfo=UTC), datetime(2026, 11, 2, 17, 0, tzinfo=UTC)
    )


def test_a_day_when_clocks_change_has_25_hours() -> None:
    view = View(days=(date(2026, 10, 25), date(2026, 10, 25)))

    assert shown_period(view, OLD, ZoneInfo("Europe/Berlin"), now=NOW).width == timedelta(hours=25)


def test_the_future_part_of_chosen_days_is_cut_off() -> None:
    view = View(days=(date(2026, 11, 23), date(2026, 11, 30)))

    assert shown_period(view, OLD, JAKARTA, now=NOW).end == NOW


def test_a_zoom_outranks_days_and_range() -> None:
    view = View(days=(date(2026, 11, 1), date(2026, 11, 2)), zoom=(1_577_836_800_000, 1_577_840_400_000))

    assert shown_period(view, OLD, JAKARTA, now=NOW) == Period(
        datetime(2020, 1, 1, 0, 0, tzinfo=UTC), datetime(2020, 1, 1, 1, 0, tzinfo=UTC)
    )


def test_a_zoom_beyond_all_years_is_brought_back_into_them() -> None:
    period = shown_period(View(zoom=(0, 9_999_999_999_999)), OLD, JAKARTA, now=NOW)

    assert (period.start.year, period.end.year) == (1990, 2100)


@pytest.mark.parametrize(
    ("days", "interval_s", "level"),
    [
        (14, 60, Level.READINGS),  # 20 160 readings
        (30, 60, Level.HOURS),  # 43 200 readings
        (75, 300, Level.READINGS),  # 21 600 readings
        (76, 300, Level.HOURS),
        (365, 60, Level.HOURS),
        (1100, 900, Level.HOURS),  # 26 400 hours
        (1200, 60, Level.DAYS),
    ],
)
def test_the_level_follows_from_the_readings_a_period_can_hold(days: float, interval_s: float, level: Level) -> None:
    assert level_for(Period(NOW - timedelta(days=days), NOW), interval_s) is level


def test_hours_begin_with_a_whole_hour() -> None:
    period = Period(datetime(2026, 11, 22, 7, 41, tzinfo=UTC), NOW)

    assert aligned(period, Level.HOURS) == Period(datetime(2026, 11, 22, 7, 0, tzinfo=UTC), NOW)


def test_days_begin_with_midnight_utc() -> None:
    period = Period(datetime(2026, 11, 22, 7, 41, tzinfo=UTC), NOW)

    assert aligned(period, Level.DAYS) == Period(datetime(2026, 11, 22, 0, 0, tzinfo=UTC), NOW)


def test_readings_begin_where_they_begin() -> None:
    period = Period(datetime(2026, 11, 22, 7, 41, tzinfo=UTC), NOW)

    assert aligned(period, Level.READINGS) == period


def test_an_hour_is_too_short_a_window_for_hourly_means() -> None:
    assert not window_fits(Window.HOUR, Level.HOURS)
    assert window_fits(Window.SIX_HOURS, Level.HOURS)


def test_a_day_is_too_short_a_window_for_daily_means() -> None:
    assert not window_fits(Window.DAY, Level.DAYS)
    assert window_fits(Window.WEEK, Level.DAYS)
