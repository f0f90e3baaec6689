"""What each control does to the view."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.pages.device.choices import Controls, choose, control_values
from app.pages.device.ids import Id
from app.pages.device.view import Range, View, Window

JAKARTA = ZoneInfo("Asia/Jakarta")
ZOOMED = View(Range.WEEK, Window.SIX_HOURS, zoom=(1_700_000_000_000, 1_700_000_600_000))


def controls(**given: object) -> Controls:
    return Controls(**{"range": "7d", "days": [None, None], "window": "6h", "relayout": None} | given)  # type: ignore[arg-type]


def test_a_range_button_shows_that_range_without_zoom() -> None:
    assert choose(ZOOMED, [Id.RANGE], controls(range="30d"), JAKARTA) == View(Range.MONTH)


def test_a_window_button_keeps_the_zoom() -> None:
    assert choose(ZOOMED, [Id.WINDOW], controls(window="24h"), JAKARTA).zoom == ZOOMED.zoom


def test_a_click_whose_answer_was_dropped_is_not_forgotten() -> None:
    clicked = controls(range="24h", window="1h")

    assert choose(View(), [Id.WINDOW], clicked, JAKARTA) == View(Range.DAY, Window.HOUR)


def test_days_whose_answer_was_dropped_are_not_forgotten() -> None:
    clicked = controls(range="", days=["2026-11-01", "2026-11-03"], window="1h")

    chosen = choose(View(), [Id.WINDOW], clicked, JAKARTA)

    assert (chosen.days, chosen.window) == ((date(2026, 11, 1), date(2026, 11, 3)), Window.HOUR)


def test_two_days_are_shown() -> None:
    chosen = choose(View(), [Id.DAYS], controls(days=["2026-11-01", "2026-11-03"]), JAKARTA)

    assert chosen.days == (date(2026, 11, 1), date(2026, 11, 3))


def test_one_day_of_two_changes_nothing_yet() -> None:
    assert choose(ZOOMED, [Id.DAYS], controls(days=["2026-11-01", None]), JAKARTA) == ZOOMED


def test_cleared_days_give_the_range_back() -> None:
    view = View(Range.MONTH, days=(date(2026, 11, 1), date(2026, 11, 3)))

    assert choose(view, [Id.DAYS], controls(days=[None, None]), JAKARTA) == View(Range.MONTH)


def test_a_zoom_is_read_on_the_clock_of_the_site() -> None:
    relayout = {"xaxis.range[0]": "2026-11-23 07:00:00", "xaxis.range[1]": "2026-11-23 08:00:00.4"}

    zoom = choose(View(), [Id.ZOOM], controls(relayout=relayout), JAKARTA).zoom

    assert zoom == (1_795_392_000_000, 1_795_395_601_000)  # 00:00:00 and 01:00:01 UTC


def test_a_zoom_over_a_change_of_clocks_is_read() -> None:
    relayout = {"xaxis.range[0]": "2026-10-25 02:30:00", "xaxis.range[1]": "2026-10-25 02:45:00"}

    zoom = choose(View(), [Id.ZOOM], controls(relayout=relayout), ZoneInfo("Europe/Berlin")).zoom

    assert zoom == (1_792_888_200_000, 1_792_892_701_000)  # 00:30:00 (summer) and 01:45:01 (winter) UTC


@pytest.mark.parametrize("relayout", [{"autosize": True}, {"yaxis.range[0]": 5, "yaxis.range[1]": 6}, {}, None])
def test_what_is_no_zoom_of_the_time_changes_nothing(relayout: dict[str, object] | None) -> None:
    assert choose(ZOOMED, [Id.ZOOM], controls(relayout=relayout), JAKARTA) == ZOOMED


def test_a_double_click_ends_the_zoom() -> None:
    assert choose(ZOOMED, [Id.ZOOM], controls(relayout={"xaxis.autorange": True}), JAKARTA).zoom is None


def test_the_button_ends_the_zoom() -> None:
    assert choose(ZOOMED, [Id.RESET], controls(), JAKARTA) == View()


def test_no_range_button_is_pressed_while_days_are_shown() -> None:
    view = View(Range.MONTH, days=(date(2026, 11, 1), date(2026, 11, 3)))

    assert control_values(view) == ("", ["2026-11-01", "2026-11-03"])


def test_no_days_are_filled_in_while_a_range_is_shown() -> None:
    assert control_values(View(Range.MONTH)) == ("30d", [None, None])
