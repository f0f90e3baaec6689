"""What the page answers: figures, words, links and the file."""

from base64 import b64decode
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dash import no_update

from app.pages.heatmap.choices import Controls
from app.pages.heatmap.ids import Id
from app.pages.heatmap.source import Keys

NOTHING = dict.fromkeys(("quantity", "side", "weight", "size", "range", "days", "order", "group", "what_if", "band"))
#: Of the 169 hours that end at 01:00 on 23 November, 23:00 and 00:00 are the last two.
LAST_TWO = slice(-2, None)


def numbers(packed: dict[str, str]) -> np.ndarray:
    flat = np.frombuffer(b64decode(packed["bdata"]), dtype=packed["dtype"])
    return flat.reshape([int(one) for one in packed["shape"].split(",")]) if "shape" in packed else flat


def values(figure: dict[str, Any], place: int = 2) -> dict[str, list[float]]:
    """The last two hours of every row of a layer: missing, without target, values."""
    layer = figure["data"][place]
    return dict(zip(layer["y"], np.round(numbers(layer["z"])[:, LAST_TWO], 1).tolist(), strict=True))


@pytest.mark.usefixtures("tanks")
def test_the_worst_tank_stands_first_with_its_share_of_every_hour(answers, look):
    figure = answers.draw(address="?quantity=ph&range=7d", look=look)["figure"]

    shares = values(figure)
    assert list(shares) == ["pi-10", "pi-2", "river"]
    assert shares["pi-10"] == [50.0, 100.0]
    assert shares["pi-2"] == [0.0, 100.0]
    assert numbers(figure["data"][3]["x"])[:2].tolist() == [75.0, 50.0]


@pytest.mark.usefixtures("tanks")
def test_what_nobody_measured_and_what_nobody_judges_are_layers_of_their_own(answers, look):
    figure = answers.draw(address="?quantity=ph&range=7d", look=look)["figure"]

    assert np.nansum(numbers(figure["data"][0]["z"])) == 3 * 167
    assert values(figure, 1)["river"] == [1.0, 1.0]
    assert np.nansum(numbers(figure["data"][1]["z"])) == 2
    assert np.isnan(values(figure)["river"]).all()


@pytest.mark.usefixtures("tanks")
def test_a_layer_without_a_cell_is_not_sent(answers, look):
    figure = answers.draw(address="?quantity=water&range=7d&low=20&high=22", look=look)["figure"]

    river = answers.draw(address="?quantity=ph&range=7d", look=look)["figure"]["data"][1]
    assert figure["data"][1] == {"type": "heatmap", "visible": False}
    assert "z" in river


@pytest.mark.usefixtures("tanks")
def test_the_map_says_in_words_what_it_shows(answers, look):
    answer = answers.draw(address="?quantity=ph&range=7d", look=look)

    assert answer["summary"] == "3 devices: out of range for 62.5 % of the time"
    assert [one.children for one in answer["shown"]] == [
        "16 Nov 2026 07:00 – 23 Nov 2026 07:59",
        "one column is an hour, on the clock of Asia/Jakarta",
    ]


@pytest.mark.usefixtures("tanks")
def test_another_band_is_counted_for_every_tank_and_compared_with_the_real_ones(answers, look):
    answer = answers.draw(address="?quantity=ph&range=7d&low=6.5&high=7.5&order=name", look=look)

    assert values(answer["figure"]) == {"pi-2": [100.0, 0.0], "pi-10": [50.0, 0.0], "river": [100.0, 100.0]}
    assert answer["summary"] == (
        "3 devices: with 6.5 – 7.5 out of range for 58.3 % of the time; with the targets that were valid, 62.5 %."
    )


@pytest.mark.usefixtures("tanks")
def test_below_and_above_are_told_apart(answers, look):
    below = answers.draw(address="?quantity=ph&range=7d&side=below&low=6.5&high=7.5", look=look)["figure"]
    above = answers.draw(address="?quantity=ph&range=7d&side=above&low=6.5&high=7.5", look=look)["figure"]

    assert values(below)["pi-2"] == [100.0, 0.0]
    assert values(above) == {"pi-2": [0.0, 0.0], "pi-10": [0.0, 0.0], "river": [100.0, 100.0]}


@pytest.mark.usefixtures("tanks")
def test_severity_weighs_by_the_distance_to_the_band_that_was_valid(answers, look):
    figure = answers.draw(address="?quantity=ph&range=7d&weight=severity", look=look)["figure"]

    # 5.5 to 6.5 is half a unit to either side; the bin of 7.0 lies in the middle at 7.05, further than that.
    assert values(figure)["pi-2"] == [0.0, 100.0]


@pytest.mark.usefixtures("tanks")
def test_a_group_has_a_row_for_all_of_its_tanks_together(answers, look):
    figure = answers.draw(address="?quantity=ph&range=7d&group=site&order=name", look=look)["figure"]

    shares = values(figure)
    assert list(shares) == ["▸ Lembang", "pi-2", "▸ Subang", "pi-10", "▸ no place", "river"]
    assert shares["▸ Subang"] == shares["pi-10"]


@pytest.mark.usefixtures("tanks")
def test_weeks_are_the_sum_of_their_days(answers, look):
    figure = answers.draw(address="?quantity=ph&range=30d&size=1w", look=look)["figure"]

    # Sunday 22 November ends one week, Monday 23 begins the next.
    assert values(figure)["pi-10"] == [50.0, 100.0]


@pytest.mark.usefixtures("tanks")
def test_the_hours_of_the_day_are_those_of_the_sites(answers, look):
    bars = answers.day(address="?quantity=ph&range=7d", look=look)["figure"]["data"][0]

    # 23:00 and 00:00 UTC are 06:00 and 07:00 in Jakarta.
    assert [(hour, share) for hour, share in zip(bars["x"], bars["y"], strict=True) if share is not None] == [
        ("06:00", 25.0),
        ("07:00", 100.0),
    ]


def test_where_no_hour_can_be_judged_it_says_what_to_do(answers, look):
    note = answers.day(address="?quantity=ph&range=7d", look=look)["note"]

    assert note[0].startswith("No hour could be judged")
    assert (note[2].children, note[2].href) == ("Targets", "/targets")


@pytest.mark.usefixtures("tanks")
def test_a_click_opens_the_tank_in_that_hour_with_what_came_before_and_after(answers):
    click = {"points": [{"x": "2026-11-23 07:30", "y": "pi-10"}]}

    opened = answers.open(click, address="?quantity=ph&range=7d")

    assert opened == "/devices/pi-10?zoom=1795384800000-1795402800000"  # 22 November 22:00 to 23 November 03:00 UTC


@pytest.mark.usefixtures("tanks")
def test_a_click_on_a_day_opens_that_day_of_utc(answers):
    click = {"points": [{"x": "2026-11-22 12:00", "y": "pi-10"}]}

    assert answers.open(click, address="?range=30d") == "/devices/pi-10?zoom=1795305600000-1795392000000"


@pytest.mark.usefixtures("tanks")
@pytest.mark.parametrize("point", [{"x": "2026-11-23 07:30", "y": "▸ Lembang"}, {"x": 12.5, "y": "pi-2"}, {}])
def test_a_click_beside_the_cells_of_tanks_opens_nothing(answers, point):
    assert answers.open({"points": [point]}, address="?group=site") is no_update


@pytest.mark.usefixtures("tanks")
def test_the_table_says_the_same_and_is_only_made_when_somebody_opens_it(answers):
    assert answers.table(address="?range=7d", unit="us-cm", is_open=False) is no_update
    rows = answers.table(address="?range=7d", unit="us-cm", is_open=True).children[1].children

    first = [cell.children for cell in rows[0].children]
    assert (first[0].children, first[0].href.split("?")[0]) == ("pi-10", "/devices/pi-10")
    assert first[1:] == ["75.0 %", "0.0 %", "75.0 %", "6.75", "0.6 %"]
    assert [cell.children for cell in rows[2].children][1:4] == ["–", "–", "–"]


def test_turning_on_what_if_begins_with_the_band_of_an_unplanted_tank(answers):
    moved = Controls(**{**NOTHING, "what_if": True})

    answer = answers.choose(address="?quantity=ec", moved=[Id.WHAT_IF], controls=moved, unit="ppm500")

    assert answer["view"] == "?quantity=ec&range=7d&low=1000&high=2400"
    assert (answer["slider"]["value"], answer["band_text"], answer["band_hidden"]) == (
        [500.0, 1200.0],
        "500 – 1,200 ppm (500)",
        False,
    )


def test_the_slider_moves_the_band(answers):
    moved = Controls(**{**NOTHING, "band": [5.8, 6.2]})
    address = "?quantity=ph&range=7d&low=5.5&high=6.5"

    answer = answers.choose(address=address, moved=[Id.BAND], controls=moved, unit=None)

    assert answer["view"] == "?quantity=ph&range=7d&low=5.8&high=6.2"


def test_another_quantity_begins_a_band_anew(answers):
    moved = Controls(**{**NOTHING, "band": [5.8, 6.2], "quantity": "water"})
    address = "?quantity=ph&range=7d&low=5.5&high=6.5"

    answer = answers.choose(address=address, moved=[Id.QUANTITY], controls=moved, unit=None)

    assert answer["view"] == "?quantity=water&range=7d&low=18&high=26"


def test_a_click_whose_answer_was_dropped_is_not_forgotten(answers):
    moved = Controls(**{**NOTHING, "quantity": "ec", "range": "30d", "order": "name"})

    answer = answers.choose(address="?quantity=ph&range=7d", moved=[Id.ORDER], controls=moved, unit=None)

    assert answer["view"] == "?quantity=ec&range=30d&order=name"


def test_half_a_choice_of_days_changes_nothing(answers):
    moved = Controls(**{**NOTHING, "days": ["2026-11-20", None]})

    answer = answers.choose(address="?quantity=ph&range=7d", moved=[Id.DAYS], controls=moved, unit=None)

    assert (answer["view"], answer["days"]) == (no_update, no_update)


@pytest.mark.usefixtures("tanks")
def test_a_stretch_without_readings_says_so(answers, look):
    answer = answers.draw(address="?from=2026-10-01&to=2026-10-02", look=look)

    assert answer["shown"][2].children == "no reading in this stretch; choose a longer one"
    assert answer["summary"] == "3 devices: no reading that a target judges"


def test_a_fleet_without_devices_draws_an_empty_map(answers, look):
    for address in ("?range=7d", "?range=all&group=zone", "?range=30d&low=5&high=6&weight=severity"):
        assert answers.draw(address=address, look=look)["figure"]["data"][2]["y"] == []
    assert set(answers.day(address="?range=7d", look=look)["figure"]["data"][0]["y"]) == {None}


@pytest.mark.usefixtures("tanks")
def test_the_file_has_a_line_for_every_tank_and_column(viewer):
    answer = viewer.get("/heatmap.csv?quantity=ph&range=7d")

    lines = answer.text.split("\r\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="heatmap_ph_2026-11-16_2026-11-23.csv"'
    assert lines[0] == "device,start_utc,mean_ph,below,above,covered"
    assert len(lines) == 1 + 3 * 169 + 1
    assert lines[168:170] == ["pi-2,2026-11-22T23:00:00Z,6,0,0,0.5", "pi-2,2026-11-23T00:00:00Z,7,0,1,0.5"]
    assert lines[1] == "pi-2,2026-11-16T00:00:00Z,,,,0"
    assert lines[-2] == "river,2026-11-23T00:00:00Z,8,,,0.5"


@pytest.mark.usefixtures("tanks")
def test_everything_begins_with_the_first_reading(answers, look):
    answer = answers.draw(address="?quantity=ph&range=all", look=look)

    assert answer["shown"][0].children == "22 Nov 2026 07:00 – 23 Nov 2026 07:59"


def test_an_hour_that_only_one_of_two_questions_saw_is_not_known():
    hours = pd.date_range("2026-11-22", periods=3, freq="h", tz="UTC")
    asked, found = Keys(np.array([7, 7, 7]), hours), Keys(np.array([7, 7]), hours[[0, 2]])

    values = asked.values_from(found, np.array([10.0, 30.0]))

    assert values[[0, 2]].tolist() == [10.0, 30.0]
    assert np.isnan(values[1])


def test_tanks_that_nobody_judges_are_not_out_of_range(answers, look, send):
    send("river", [8.0] * 60, origin="import", medium="natural", has_history=True)

    answer = answers.draw(address="?quantity=ph&range=7d", look=look)

    assert answer["summary"] == "1 device: no reading that a target judges"


def test_an_old_log_shows_its_own_last_days_and_says_so(answers, send, look):
    send("river", [8.0] * 60, ago=30 * 1440, origin="import", medium="natural", has_history=True)

    answer = answers.draw(address="?quantity=ph&range=7d", look=look)

    assert values(answer["figure"], 1)["river"] == [1.0, 1.0]
    assert [one.children for one in answer["shown"]] == [
        "17 Oct 2026 07:00 – 24 Oct 2026 07:59",
        "one column is an hour, on the clock of Asia/Jakarta",
        "nothing was measured since: the range ends with the newest reading",
    ]
