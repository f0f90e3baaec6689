"""What each callback answers, from a source in memory."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from dash import no_update
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import ConductivityUnit, Look
from app.pages.device.callbacks import DeviceAnswers
from app.pages.device.choices import Controls
from app.pages.device.header import ago
from app.pages.device.ids import Id
from app.pages.device.period import Extent
from app.pages.device.source import CalibrationMark, Latest
from app.pages.page import PageContext

LOOK = Look(ConductivityUnit.PPM_500)


def text_of(component: Any) -> str:
    """Give all the words inside a component."""
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(text_of, component)))
    return text_of(component.children) if isinstance(component, Component) else str(component or "")


@pytest.fixture
def context(now: datetime) -> PageContext:
    return PageContext(None, lambda: now)  # type: ignore[arg-type]


@pytest.fixture
def answers(source: Any, context: PageContext) -> DeviceAnswers:
    return DeviceAnswers(source, context)


def test_a_view_is_answered_with_figure_statistics_words_and_link(answers: DeviceAnswers) -> None:
    answer = answers.draw("pi-52", address="?range=24h&window=1h", look=LOOK)

    assert len(answer["figure"]["data"]) > 9
    assert "120" in text_of(answer["statistics"])
    assert text_of(answer["shown"]) == (
        "23 Nov 2026 00:00 – 23 Nov 2026 02:00 Asia/Jakarta single readings newest reading: 23 Nov 2026 01:59"
    )
    assert (answer["empty"], answer["charts"]) == (True, False)


def test_a_clock_without_a_place_is_named_by_what_it_is_ahead_of_utc(answers: DeviceAnswers, source: Any) -> None:
    source.device = replace(source.device, site_time_zone="Etc/GMT+7")

    answer = answers.draw("pi-52", address="?range=24h", look=LOOK)

    assert "10:00 – 22 Nov 2026 12:00 UTC−7 single readings" in text_of(answer["shown"])
    assert parse_qs(urlsplit(answer["csv"]).query)["tz"] == ["Etc/GMT+7"]


def test_the_link_carries_exactly_what_is_shown(answers: DeviceAnswers) -> None:
    link = urlsplit(answers.draw("pi-52", address="?range=24h", look=LOOK)["csv"])

    assert link.path == "/devices/pi-52/shown.csv"
    assert parse_qs(link.query) == {
        "from": ["2026-11-22T17:00:00.000+00:00"],
        "to": ["2026-11-22T19:00:00.000+00:00"],
        "resolution": ["readings"],
        "unit": ["ppm500"],
        "tz": ["Asia/Jakarta"],
    }


def test_readings_before_the_stretch_are_loaded_for_the_windows(answers: DeviceAnswers, source: Any) -> None:
    answers.draw("pi-52", address="?range=24h&window=6h", look=LOOK)

    (asked,) = source.asked
    assert asked[0] == "readings"
    assert asked[1].start == datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def test_a_long_range_is_drawn_from_hours(answers: DeviceAnswers, source: Any, make: SimpleNamespace) -> None:
    source.extent = Extent(make.START, make.START + timedelta(days=90), 60.0)

    answer = answers.draw("pi-52", address="?range=all&window=24h", look=LOOK)

    assert [level for level, _period in source.asked] == ["hours"]
    assert "hourly means" in text_of(answer["shown"])


def test_zooming_into_a_long_range_loads_readings_again(
    answers: DeviceAnswers, source: Any, make: SimpleNamespace
) -> None:
    source.extent = Extent(make.START, make.START + timedelta(days=90), 60.0)
    start = int(make.START.timestamp() * 1000)

    answer = answers.draw("pi-52", address=f"?range=all&zoom={start}-{start + 3_600_000}", look=LOOK)

    assert [level for level, _period in source.asked] == ["readings"]
    assert answer["reset"] == {"display": "inline-flex"}


def test_a_window_too_short_for_hours_is_explained(answers: DeviceAnswers, source: Any, make: SimpleNamespace) -> None:
    source.extent = Extent(make.START, make.START + timedelta(days=90), 60.0)

    answer = answers.draw("pi-52", address="?range=all&window=1h", look=LOOK)

    assert "points are too far apart for this rolling window" in text_of(answer["shown"])


def test_a_log_sparser_than_its_setting_has_no_gaps(answers: DeviceAnswers, source: Any, make: SimpleNamespace) -> None:
    quarters = pd.date_range(make.START, periods=8, freq="15min", unit="ms")
    source.frame = make.readings([6.0] * 8, index=quarters)
    source.extent = Extent(make.START, quarters[-1].to_pydatetime(), 60.0)

    answer = answers.draw("pi-52", address="?range=24h", look=LOOK)

    assert "100 %" in text_of(answer["statistics"])
    line = answer["figure"]["data"][0]
    assert len(b64decode(line["y"]["bdata"])) == 8 * 4  # eight numbers of four bytes, and no NaN between them


def test_news_redraw_a_range_that_ends_with_the_newest_reading(answers: DeviceAnswers) -> None:
    assert answers.draw("pi-52", address="?range=24h", look=LOOK, only_news=True)["figure"] is not no_update


def test_news_do_not_redraw_a_stretch_that_ended_before(answers: DeviceAnswers, make: SimpleNamespace) -> None:
    start = int(make.START.timestamp() * 1000)

    answer = answers.draw("pi-52", address=f"?zoom={start}-{start + 60_000}", look=LOOK, only_news=True)

    assert set(answer.values()) == {no_update}


def test_a_device_without_readings_shows_the_hint_instead_of_a_figure(answers: DeviceAnswers, source: Any) -> None:
    source.extent = None

    answer = answers.draw("pi-52", address="?range=24h", look=LOOK)

    assert (answer["empty"], answer["charts"]) == (False, True)
    assert answer["figure"] is no_update


def test_a_device_that_is_gone_changes_nothing(answers: DeviceAnswers) -> None:
    assert set(answers.draw("pi-9", address="", look=LOOK).values()) == {no_update}
    assert set(answers.listen("pi-9", unit=None, revision=None).values()) == {no_update}


def test_a_period_between_two_readings_says_that_it_is_empty(answers: DeviceAnswers) -> None:
    answer = answers.draw("pi-52", address="?from=2020-01-01&to=2020-01-02", look=LOOK)

    assert answer["figure"]["layout"]["annotations"][0]["text"] == "No readings in this period"


def test_the_head_says_how_each_value_stands(answers: DeviceAnswers) -> None:
    words = text_of(answers.listen("pi-52", unit="ppm500", revision=None)["header"])

    assert "pi-52 Out of range" in words
    assert "Bogor · A2 · Lettuce, full-grown" in words
    assert "last seen 12 seconds ago" in words
    assert "pH 7.20 ▲ too high target 5.50 to 6.50" in words
    assert "TDS 700 ppm (500) in range target 500 to 1,200" in words


#: The ages of tests/browser/test_fleet.py, which says the same of them in the short words of the table.
@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (0.4, "1 second ago"),
        (59.9, "59 seconds ago"),
        (119, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (82_800, "23 hours ago"),
        (86_399, "23 hours ago"),
        (172_799, "1 day ago"),
    ],
)
def test_an_age_counts_whole_units(now: datetime, age_s: float, text: str) -> None:
    assert ago(now - timedelta(seconds=age_s), "Asia/Jakarta", now) == text


def test_the_head_says_how_wrong_the_clock_of_the_pi_is(answers: DeviceAnswers, source: Any, make: Any) -> None:
    source.last = Latest(make.snapshot(skew_ms=-14 * 86_400_000), None, None)

    words = text_of(answers.listen("pi-52", unit=None, revision=None)["header"])

    assert "clock suspect: 2 weeks behind" in words


def test_the_head_says_that_the_pi_goes_on_by_an_older_configuration(
    answers: DeviceAnswers, source: Any, make: Any
) -> None:
    sound = text_of(answers.listen("pi-52", unit=None, revision=None)["header"])
    source.last = Latest(make.snapshot(config_damaged=True), None, None)

    damaged = text_of(answers.listen("pi-52", unit=None, revision=None)["header"])

    assert ("older configuration" in sound, "older configuration" in damaged) == (False, True)


def test_a_tick_without_news_gives_no_new_revision(answers: DeviceAnswers) -> None:
    first = answers.listen("pi-52", unit=None, revision=None)["revision"]

    assert isinstance(first, str)
    assert answers.listen("pi-52", unit=None, revision=first)["revision"] is no_update


def test_a_new_reading_gives_a_new_revision(answers: DeviceAnswers, source: Any, make: SimpleNamespace) -> None:
    first = answers.listen("pi-52", unit=None, revision=None)["revision"]
    source.last = Latest(make.snapshot(ts=datetime(2026, 11, 23, 0, 30, tzinfo=UTC)), None, None)

    assert answers.listen("pi-52", unit=None, revision=first)["revision"] not in (first, no_update)


def test_an_old_log_names_the_day_of_its_newest_reading(answers: DeviceAnswers, source: Any) -> None:
    snapshot = replace(source.last.snapshot, origin="import", measured_at=datetime(2019, 9, 27, 22, 0, tzinfo=UTC))
    source.last = Latest(snapshot, None, None)

    words = text_of(answers.listen("pi-52", unit=None, revision=None)["header"])

    assert "imported log, newest reading 28 Sep 2019 05:00" in words


def test_a_retired_device_still_has_its_page(answers: DeviceAnswers, source: Any) -> None:
    source.last = None

    assert "Retired" in text_of(answers.listen("pi-52", unit=None, revision=None)["header"])
    assert answers.draw("pi-52", address="?range=24h", look=LOOK)["charts"] is False


def test_a_control_is_answered_with_the_new_address(answers: DeviceAnswers) -> None:
    controls = Controls("30d", [None, None], "6h", None)

    answer = answers.choose("pi-52", address="?range=7d&window=6h", moved=[Id.RANGE], controls=controls)

    assert answer == {"view": "?range=30d&window=6h", "range": "30d", "days": [None, None]}


def test_everything_that_was_moved_while_the_browser_was_busy_is_answered(answers: DeviceAnswers) -> None:
    controls = Controls("30d", [None, None], "24h", {"autosize": True})

    answer = answers.choose(
        "pi-52", address="?range=7d&window=6h", moved=[Id.ZOOM, Id.WINDOW, Id.RANGE], controls=controls
    )

    assert answer["view"] == "?range=30d&window=24h"


def test_half_a_choice_of_days_is_left_alone(answers: DeviceAnswers) -> None:
    controls = Controls("7d", ["2026-11-01", None], "6h", None)

    answer = answers.choose("pi-52", address="?range=7d&window=6h", moved=[Id.DAYS], controls=controls)

    assert set(answer.values()) == {no_update}


def test_the_history_as_measured_reaches_figure_and_file(answers: DeviceAnswers, source: Any) -> None:
    answer = answers.draw("pi-52", address="?range=24h&window=1h&values=measured", look=LOOK)

    assert "6.5" in text_of(answer["statistics"])
    assert parse_qs(urlsplit(answer["csv"]).query)["values"] == ["measured"]
    assert "suspect and failed as judged after correction" in text_of(answer["shown"])
    assert "values" not in parse_qs(urlsplit(answers.draw("pi-52", address="?range=24h", look=LOOK)["csv"]).query)


def test_calibrations_are_marked_in_their_own_panel_and_told_in_the_lane(answers: DeviceAnswers, source: Any) -> None:
    source.marks = [CalibrationMark(datetime(2026, 11, 22, 18, 0, tzinfo=UTC), Quantity.EC, "<b>sari")]

    figure = answers.draw("pi-52", address="?range=24h", look=LOOK)["figure"]

    lines = [shape["yref"] for shape in figure["layout"]["shapes"] if shape["type"] == "line"]
    assert lines == ["y2 domain", "y4"]  # the second one is the lane itself
    (lane,) = [trace for trace in figure["data"] if trace.get("yaxis") == "y4"]
    assert lane["marker"]["symbol"] == ["diamond"]
    assert lane["customdata"] == ["EC calibrated · 23 Nov 01:00 · &lt;b&gt;sari"]
