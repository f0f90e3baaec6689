"""The choices of a visitor and the address that carries them."""

from datetime import date

import pytest

from app.pages.device.view import Range, View, Window, read_view, view_at


def test_the_usual_view_is_a_week_with_a_window_of_six_hours() -> None:
    assert read_view({}) == View(Range.WEEK, Window.SIX_HOURS)


def test_a_ready_made_range_is_written_into_the_address() -> None:
    assert View(Range.MONTH, Window.DAY).address() == "?range=30d&window=24h"


def test_chosen_days_replace_the_range_in_the_address() -> None:
    view = View(days=(date(2026, 11, 1), date(2026, 11, 23)))

    assert view.address() == "?from=2026-11-01&to=2026-11-23&window=6h"


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(Range.ALL, Window.WEEK),
        View(Range.WEEK, Window.HOUR, days=(date(2019, 1, 1), date(2019, 12, 31))),
        View(Range.DAY, Window.HOUR, zoom=(1_700_000_000_000, 1_700_000_360_000)),
    ],
)
def test_an_address_leads_back_to_the_same_view(view: View) -> None:
    assert view_at(view.address()) == view


@pytest.mark.parametrize(
    "query",
    [
        {"range": "5 weeks"},
        {"window": "<script>"},
        {"from": "2026-11-23", "to": "2026-11-01"},
        {"from": "2026-11-23"},
        {"from": "yesterday", "to": "today"},
        {"zoom": "200-100"},
        {"zoom": "now-later"},
        {"zoom": "99999999999999999999-999999999999999999999"},
    ],
)
def test_nonsense_in_an_address_gives_the_usual_view(query: dict[str, str]) -> None:
    assert read_view(query) == View()


def test_choosing_a_range_forgets_days_and_zoom() -> None:
    view = View(days=(date(2026, 1, 1), date(2026, 1, 2)), zoom=(1, 2))

    assert view.with_range(Range.YEAR) == View(Range.YEAR)


def test_the_window_does_not_belong_to_the_stretch() -> None:
    assert View(window=Window.HOUR).stretch() == View(window=Window.WEEK).stretch()
