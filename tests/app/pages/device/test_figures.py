"""The figure: its layers, bands, gaps, words and what it shows where there is nothing."""

from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import pytest

from app.components import ConductivityUnit, Look
from app.pages.device.channels import reading_channels, rollup_channels
from app.pages.device.figures import Figure, Story, device_figure
from app.pages.device.period import Level, Period
from app.pages.device.view import Window

JAKARTA = ZoneInfo("Asia/Jakarta")
PPM = Look(ConductivityUnit.PPM_500)


@pytest.fixture
def story(make: SimpleNamespace) -> Story:
    """Ten minutes: pH 6.0, one suspect and one failed reading; pH and EC have bands."""
    period = Period(make.START, make.START + timedelta(minutes=10))
    flags = [1, 1, 1, 3, 1, 4, 1, 1, 1, 1]
    frame = make.readings([6.0, 6.1, 6.2, 9.9, 6.3, np.nan, 6.4, 6.3, 6.2, 6.1], flags=flags)
    change = make.START + timedelta(minutes=4)
    table = make.bands(
        ("ph", period.start, change, 5.5, 6.5),
        ("ph", change, period.end, 5.8, 6.2),
        ("ec_us_cm", period.start, period.end, 1000.0, 2000.0),
    )
    channels = reading_channels(frame, period, Window.HOUR, interval_s=60)
    return Story("pi-52", channels, table, period, Level.READINGS, Window.HOUR, JAKARTA, "7d")


def named(figure: Figure, name: str, axis: str = "y") -> dict[str, Any]:
    """Give the one trace of a layer in one panel."""
    (trace,) = [one for one in figure["data"] if one["name"] == name and one.get("yaxis") == axis]
    return trace


def numbers(array: dict[str, str]) -> npt.NDArray[np.floating]:
    """Read what :func:`app.pages.device.panels.packed` wrote."""
    return np.frombuffer(b64decode(array["bdata"]), dtype=array["dtype"])


def annotations(figure: Figure) -> list[str]:
    return [one["text"] for one in figure["layout"]["annotations"]]


@pytest.mark.parametrize("scheme", ["light", "dark", None])
def test_plotly_accepts_every_property(story: Story, scheme: str | None) -> None:
    figure = go.Figure(device_figure(story, replace(PPM, scheme=scheme)))

    assert {trace.type for trace in figure.data} == {"scatter"}


def test_layers_lie_from_back_to_front(story: Story) -> None:
    figure = device_figure(story, PPM)

    assert [trace["name"] for trace in figure["data"] if trace.get("yaxis") == "y"] == [
        "Readings",
        "± standard deviation",
        "Mean of 1 hour",
        "Median of 1 hour",
        "Suspect",
        "Failed",
    ]


def test_one_legend_switches_the_layers_of_all_panels(story: Story) -> None:
    figure = device_figure(story, PPM)
    legend = [trace["name"] for trace in figure["data"] if trace["showlegend"]]

    assert len(legend) == len(set(legend)) == 6
    assert all(trace["legendgroup"] == trace["name"] for trace in figure["data"])


def test_times_are_the_wall_clock_of_the_site(story: Story) -> None:
    figure = device_figure(story, PPM)

    assert named(figure, "Readings")["x"][0] == "2026-11-23T00:00:00"
    assert figure["layout"]["xaxis"]["autorangeoptions"] == {
        "minallowed": 1_795_392_000_000,
        "maxallowed": 1_795_392_600_000,
    }


def test_flagged_readings_are_not_part_of_the_line(story: Story) -> None:
    drawn = numbers(named(device_figure(story, PPM), "Readings")["y"])

    assert drawn.tolist() == pytest.approx([6.0, 6.1, 6.2, 6.3, 6.4, 6.3, 6.2, 6.1], abs=1e-6)


def test_a_flagged_reading_says_its_own_number_even_beyond_the_axis(story: Story) -> None:
    figure = device_figure(story, PPM)
    suspect, failed = named(figure, "Suspect"), named(figure, "Failed")

    assert suspect["text"] == ["9.90, not in the statistics"]
    assert numbers(suspect["y"])[0] < figure["layout"]["yaxis"]["autorangeoptions"]["maxallowed"]
    assert failed["text"] == ["no value, not in the statistics"]
    assert numbers(failed["y"])[0] > figure["layout"]["yaxis"]["autorangeoptions"]["minallowed"]


def test_bands_are_drawn_as_they_were_valid_then(story: Story) -> None:
    shapes = device_figure(story, PPM)["layout"]["shapes"]

    bands = [shape for shape in shapes if shape["type"] == "rect"]
    assert [(band["yref"], band["y0"], band["y1"]) for band in bands] == [
        ("y", 5.5, 6.5),
        ("y", 5.8, 6.2),
        ("y2", 500.0, 1000.0),
    ]
    assert shapes[0]["x1"] == shapes[1]["x0"] == "2026-11-23T00:04:00"


def test_a_heading_names_the_unit_and_the_band_that_holds_at_the_end(story: Story) -> None:
    texts = annotations(device_figure(story, PPM))

    assert "<b>pH</b>" in texts[0]
    assert "target 5.80 to 6.20" in texts[0]
    assert "<b>TDS, ppm (500)</b>" in texts[1]
    assert texts[2] == "<b>Water temperature, °C</b>"


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (ConductivityUnit.PPM_500, 700.0),
        (ConductivityUnit.PPM_700, 980.0),
        (ConductivityUnit.MS_CM, 1.4),
        (ConductivityUnit.US_CM, 1400.0),
    ],
)
def test_conductivity_is_drawn_in_the_chosen_unit(story: Story, unit: ConductivityUnit, value: float) -> None:
    drawn = numbers(named(device_figure(story, Look(unit)), "Readings", "y2")["y"])

    assert drawn.tolist() == pytest.approx([value] * 10)


def test_a_gap_is_not_bridged(make: SimpleNamespace, story: Story) -> None:
    frame = make.readings([6.0, 6.1, 6.2], index=make.minutes(10)[[0, 1, 9]])
    channels = reading_channels(frame, story.period, Window.HOUR, interval_s=60)

    trace = named(device_figure(replace(story, channels=channels), PPM), "Readings")

    assert np.isnan(numbers(trace["y"])).tolist() == [False, False, True, False]
    assert trace["connectgaps"] is False


def test_few_readings_are_drawn_with_their_points(story: Story) -> None:
    assert named(device_figure(story, PPM), "Readings")["mode"] == "lines+markers"


def test_the_box_at_the_pointer_speaks_in_words(story: Story) -> None:
    figure = device_figure(story, PPM)

    assert named(figure, "Readings", "y2")["hovertemplate"] == "<b>TDS %{y:,.0f} ppm (500)</b><extra></extra>"
    assert named(figure, "Mean of 1 hour")["hovertemplate"] == (
        "pH, mean of 1 hour: %{y:,.2f} ± %{customdata:.3f}<extra></extra>"
    )


def test_a_small_screen_has_only_the_readings_in_the_box(story: Story) -> None:
    figure = device_figure(story, replace(PPM, narrow=True))

    assert named(figure, "Mean of 1 hour")["hoverinfo"] == "skip"
    assert "hovertemplate" in named(figure, "Readings")


def test_a_finger_scrolls_the_page_and_does_not_zoom(story: Story) -> None:
    layout = device_figure(story, replace(PPM, touch=True))["layout"]

    assert layout["dragmode"] is False
    assert layout["yaxis"]["fixedrange"] is True


def test_new_readings_keep_what_the_visitor_did_by_hand(story: Story) -> None:
    later = replace(story, period=Period(story.period.start, story.period.end + timedelta(minutes=1)))
    before, after = (device_figure(one, PPM)["layout"] for one in (story, later))

    assert before["uirevision"] == after["uirevision"]
    assert before["xaxis"]["uirevision"] == after["xaxis"]["uirevision"]


def test_another_stretch_forgets_the_zoom_of_time_only(story: Story) -> None:
    before, after = (device_figure(one, PPM)["layout"] for one in (story, replace(story, revision="30d")))

    assert before["uirevision"] == after["uirevision"]
    assert before["xaxis"]["uirevision"] != after["xaxis"]["uirevision"]


def test_another_unit_forgets_everything(story: Story) -> None:
    before, after = (device_figure(story, look)["layout"] for look in (PPM, Look(ConductivityUnit.MS_CM)))

    assert before["uirevision"] != after["uirevision"]


def test_hours_are_drawn_between_their_extremes(make: SimpleNamespace, story: Story) -> None:
    period = Period(make.START, make.START + timedelta(hours=2))
    frame = make.hours([{"ph_min": 5.9, "ph_max": 6.3}, {"ph_min": 5.8, "ph_max": 6.1}])
    channels = rollup_channels(frame, period, Window.DAY, level=Level.HOURS)

    figure = device_figure(replace(story, channels=channels, level=Level.HOURS, period=period), PPM)

    outline = numbers(named(figure, "Lowest to highest")["y"])
    np.testing.assert_array_almost_equal(outline, [6.3, 6.1, 5.8, 5.9, np.nan], decimal=6)
    assert numbers(named(figure, "Hourly means")["y"]).tolist() == [6.0, 6.0]


def test_a_period_without_readings_says_so(make: SimpleNamespace, story: Story) -> None:
    nothing = reading_channels(make.readings([6.0]).iloc[:0], story.period, Window.HOUR, interval_s=60)

    figure = device_figure(replace(story, channels=nothing), PPM)

    assert annotations(figure) == ["No readings in this period"]
    assert figure["data"] == []
    assert go.Figure(figure).layout.xaxis.visible is False


def test_a_quantity_that_was_not_measured_says_so(make: SimpleNamespace, story: Story) -> None:
    frame = make.readings([6.0, 6.1, 6.2]).assign(water_c=np.nan, quality=0x911)
    channels = reading_channels(frame, story.period, Window.HOUR, interval_s=60)

    assert "not measured in this period" in annotations(device_figure(replace(story, channels=channels), PPM))


def test_an_axis_without_anything_to_measure_by_has_no_numbers(make: SimpleNamespace, story: Story) -> None:
    frame = make.readings([np.nan] * 2, flags=[9, 9])
    channels = reading_channels(frame, story.period, Window.HOUR, interval_s=60)

    layout = device_figure(replace(story, channels=channels, bands=make.bands()), PPM)["layout"]

    assert layout["yaxis"]["showticklabels"] is False
    assert "showticklabels" not in layout["yaxis3"]


@pytest.mark.parametrize("narrow", [False, True])
def test_headings_stand_above_the_topmost_number(story: Story, narrow: bool) -> None:
    layout = device_figure(story, replace(PPM, narrow=narrow))["layout"]
    font = go.layout.Template(layout["template"]).layout.font.size or 12

    headings = [one for one in layout["annotations"] if one["yanchor"] == "bottom"]

    assert len(headings) == 3
    # A number is written around its line; a heading of 13 px and its padding take 20 px of the margin.
    assert all(one["yshift"] >= font / 2 for one in headings)
    assert layout["margin"]["t"] >= 20 + headings[0]["yshift"]


def test_a_quantity_of_which_every_reading_failed_says_so(make: SimpleNamespace, story: Story) -> None:
    frame = make.readings([9.0, 9.1, 9.2], flags=[4, 4, 4])
    channels = reading_channels(frame, story.period, Window.HOUR, interval_s=60)

    assert "no reading passed its tests" in annotations(device_figure(replace(story, channels=channels), PPM))


def test_a_month_of_minutes_stays_a_small_figure(make: SimpleNamespace, story: Story) -> None:
    count = 43_200
    wave = 6.0 + 0.3 * np.sin(np.arange(count) / 200)
    period = Period(make.START, make.START + timedelta(minutes=count))
    channels = reading_channels(make.readings(list(wave)), period, Window.SIX_HOURS, interval_s=60)

    figure = device_figure(replace(story, channels=channels, period=period, window=Window.SIX_HOURS), PPM)

    lines = [trace for trace in figure["data"] if trace["name"] != "± standard deviation" and trace["x"] != [None]]
    assert max(len(trace["x"]) for trace in lines) <= 1_502
