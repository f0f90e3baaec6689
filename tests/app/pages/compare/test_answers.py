"""What the page answers: figures, words, the ranking and the file."""

from dataclasses import replace
from datetime import timedelta
from math import nan
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from app.pages.compare.choices import Controls
from app.pages.compare.ids import Id
from app.pages.compare.view import view_at
from models.db import session_scope
from models.write.devices import plant
from tests.app.pages.compare.conftest import numbers

ALL = "pi-1,pi-2,pi-3,pi-10"
NOTHING = Controls(*[None] * 11)


def draw(answers: Any, look: Any, query: str, names: str = ALL) -> dict[str, Any]:
    return answers.draw(address=f"?devices={names}&{query}", look=look)


def texts(parts: list[Any]) -> list[str]:
    return [part.children for part in parts]


@pytest.mark.usefixtures("tanks")
def test_the_overlay_has_a_line_for_every_pi_that_says_whose_it_is(answers, look):
    answer = draw(answers, look, "range=24h")

    lines = answer["figure"]["data"]
    assert [line["name"] for line in lines] == ["pi-1", "pi-2", "pi-3", "pi-10"]
    assert len({(line["line"]["color"], line["line"]["dash"]) for line in lines}) == 4
    assert lines[0]["hovertemplate"].startswith("<b>pi-1</b> · Lembang, GH 1<br>")
    assert 5.75 < np.nanmin(numbers(lines[0]["y"])) < np.nanmax(numbers(lines[0]["y"])) < 6.05
    assert answer["summary"] == "4 Pis, pH: pi-10 is in range least, 0 % of the time"
    stretch = ["22 Nov 2026 07:00 – 23 Nov 2026 08:00", "Asia/Jakarta", "single readings"]
    assert texts(answer["shown"]) == [*stretch, "targets differ, so none is drawn"]
    assert texts(draw(answers, look, "range=24h", "pi-10")["shown"]) == [*stretch, "target 5.50 to 6.50"]


@pytest.mark.usefixtures("tanks")
def test_times_are_those_of_the_clock_on_the_site(answers, look):
    line = draw(answers, look, "range=6h")["figure"]["data"][0]

    # The newest reading is ten minutes old: 00:20 UTC is 07:20 in Jakarta.
    assert line["x"][-1] == "2026-11-23T07:20:00"


@pytest.mark.usefixtures("tanks")
def test_hours_say_what_lay_between_lowest_and_highest(answers, look, send):
    send("pi-20", 6.0, days=40)

    answer = draw(answers, look, "range=30d", "pi-20")

    line = answer["figure"]["data"][0]
    assert "hourly means" in texts(answer["shown"])
    low, high = numbers(line["customdata"]).T
    assert (low <= numbers(line["y"]) + 1e-6).all()
    assert (numbers(line["y"]) <= high + 1e-6).all()
    assert len(numbers(line["y"])) <= 2000
    assert "lowest %{customdata[0]:,.2f}, highest" in line["hovertemplate"]


@pytest.mark.usefixtures("tanks")
def test_a_silence_is_a_gap_in_the_line(answers, look, engine, now):
    with session_scope(engine) as session:
        away = {"start": now - timedelta(hours=10), "end": now - timedelta(hours=8)}
        session.execute(text("DELETE FROM readings WHERE ts >= :start AND ts < :end"), away)

    line = draw(answers, look, "range=24h", "pi-1")["figure"]["data"][0]

    assert np.isnan(numbers(line["y"])).sum() == 1
    assert line["connectgaps"] is False


@pytest.mark.usefixtures("tanks")
def test_conductivity_is_written_in_the_unit_of_the_reader(answers, look):
    in_ms = replace(look, unit=type(look.unit)("ms-cm"))

    answer = draw(answers, in_ms, "quantity=ec&range=24h", "pi-1")

    assert 1.4 < np.nanmean(numbers(answer["figure"]["data"][0]["y"])) < 1.6
    assert answer["title"] == "Ranking: EC, mS/cm"
    assert answer["csv"].endswith("&unit=ms-cm")


@pytest.mark.usefixtures("tanks")
def test_small_multiples_lie_on_one_pair_of_axes_and_keep_their_true_values(answers, look):
    answer = draw(answers, look, "range=7d&shape=multiples")

    lines = [trace for trace in answer["figure"]["data"] if trace.get("name")]
    assert [line["name"] for line in lines] == ["pi-1", "pi-2", "pi-3", "pi-10"]
    assert "xaxis2" not in answer["figure"]["layout"]
    first, last = lines[0], lines[3]
    assert 5.7 < float(first["text"][-1]) < 6.1
    # Two in a row: pi-10 stands right and below pi-1, and higher within its panel.
    assert numbers(first["x"]).max() <= 1.0
    assert numbers(last["x"]).min() >= 1.0
    assert np.nanmean(numbers(last["y"])) + 1.3 > np.nanmean(numbers(first["y"])) + 0.5


@pytest.mark.usefixtures("tanks")
def test_the_cohort_has_a_band_a_median_and_the_farthest_over_it(answers, look):
    answer = draw(answers, look, "range=24h&shape=cohort&spread=p80")

    band, median, *over = answer["figure"]["data"]
    assert (band["name"], median["name"]) == ("10 % to 90 %", "Median")
    # Of 5.9 6.0 6.1 7.0 with the same wave: 6.05, the tenths 5.93 and 6.73.
    spread = numbers(median["customdata"])
    assert np.round(np.nanmean(spread[:, 1] - spread[:, 0]), 2) == 0.80
    # pi-2 and pi-3 are equally near the middle.
    assert [over[0]["name"], over[2]["name"], len(over)] == ["pi-1", "pi-10", 3]
    named = draw(answers, look, "range=24h&shape=cohort&over=pi-2")["figure"]["data"]
    assert [line["name"] for line in named[2:]] == ["pi-2"]


@pytest.mark.usefixtures("tanks")
def test_the_matrix_says_in_words_how_alike_two_tanks_move(answers, look):
    answer = draw(answers, look, "range=7d&shape=correlation")

    (cells,) = answer["figure"]["data"]
    assert cells["x"] == ["pi-1", "pi-2", "pi-3", "pi-10"]
    assert cells["z"][0][3] == pytest.approx(1.0, abs=0.01)
    assert cells["customdata"][0][3].startswith("<b>pi-1 and pi-10</b>: r = 1.00<br>rise and fall together<br>over ")
    assert "Half of all pairs are above 1.00." in texts(answer["words"])


@pytest.mark.usefixtures("tanks")
def test_within_one_tank_the_quantities_are_held_against_each_other(answers, look):
    answer = draw(answers, look, "range=7d&shape=correlation&between=within&one=pi-2")

    assert [trace["xaxis"] for trace in answer["figure"]["data"]] == ["x", "x2", "x3"]
    assert texts(answer["words"])[:3] == [
        "When Water temperature rises, EC mostly falls (r = −1.00).",
        "When pH rises, EC mostly falls (r = −1.00).",
        "When Water temperature rises, pH mostly rises too (r = 1.00).",
    ]


@pytest.mark.usefixtures("tanks")
def test_the_ranking_has_numbers_to_sort_by_and_texts_to_read(answers, look, send):
    send("pi-11", 6.0)

    rows = {row["name"]: row for row in draw(answers, look, "range=7d", "pi-1,pi-10,pi-11")["rows"]}

    assert (rows["pi-10"]["inside"], rows["pi-10"]["inside_text"]) == (0.0, "0 %")
    assert rows["pi-11"]["mean_text"] == "6.00"
    assert rows["pi-11"]["worst_by"] is None
    assert rows["pi-11"]["worst_by_text"] == "–"
    assert rows["pi-10"]["worst_by"] == pytest.approx(0.6, abs=0.02)
    assert rows["pi-10"]["worst_by_text"].startswith("7.1")
    assert rows["pi-11"]["drift_text"] == "0.000"
    assert rows["pi-1"]["link"] == "/devices/pi-1"


@pytest.mark.usefixtures("tanks")
def test_by_age_this_planting_is_held_against_earlier_ones(answers, look, engine, now, send):
    with session_scope(engine) as session:
        ids = dict(session.execute(text("SELECT name, id FROM devices")).all())
        for name in ("pi-1", "pi-2", "pi-10"):
            started = now - timedelta(days=40)
            plant(session, ids[name], "lettuce", started_at=started, transplanted_on=started.date())
            session.execute(
                text("UPDATE plantings SET ended_at = :end WHERE device_id = :id AND started_at = :start"),
                {"end": now - timedelta(days=5, hours=12), "id": ids[name], "start": started},
            )

    answer = draw(answers, look, "align=transplant", "pi-1,pi-2,pi-3")

    # The readings of six days lie half a day and 34 days into the earlier plantings.
    names = [trace["name"] for trace in answer["figure"]["data"]]
    assert names[:2] == ["Middle half", "Median"]
    assert {"pi-1", "pi-2", "pi-3", "pi-10, transplanted 2026-10-14"} <= set(names)
    assert "against 3 earlier plantings" in texts(answer["shown"])
    current = next(trace for trace in answer["figure"]["data"] if trace["name"] == "pi-1")
    assert 5.0 <= numbers(current["x"]).max() < 6.0
    assert [row["name"] for row in answer["rows"]] == ["pi-1", "pi-2", "pi-3"]


@pytest.mark.usefixtures("tanks")
def test_by_age_who_has_no_planting_is_told_so(answers, look):
    answer = draw(answers, look, "align=transplant")

    assert texts(answer["notices"]) == [
        "No planting is known for pi-10; enter it on the Targets page to compare by age."
    ]
    assert "no earlier planting of the same crop has ended yet" in texts(answer["shown"])


@pytest.mark.usefixtures("tanks")
def test_what_cannot_be_shown_says_what_to_do(answers, look):
    nobody = answers.draw(address="", look=look)
    unknown = draw(answers, look, "", "pi-1,pi-99,DROP TABLE")
    empty = draw(answers, look, "from=2020-01-01&to=2020-01-02")

    assert nobody["body_hidden"]
    assert "Which Pis?" in str(nobody["empty"])
    assert "Lettuce: 3 Pis" in str(nobody["empty"])
    assert "devices=pi-1,pi-2,pi-3" in str(nobody["empty"])
    assert texts(unknown["notices"]) == ["There is no Pi called pi-99, DROP, TABLE; choose from the list."]
    assert "No readings in this period" in str(empty["empty"])


@pytest.mark.parametrize("span", ["range=24h", "from=2000-01-01&to=2030-01-01"])
@pytest.mark.usefixtures("tanks")
def test_who_has_no_probe_for_the_quantity_is_told_from_who_sent_nothing_or_nonsense(answers, look, send, span):
    send("pi-20", 6.0, ec=nan)
    send("pi-22", 6.0, ec=-900.0)

    mixed = draw(answers, look, f"quantity=ec&{span}", "pi-1,pi-20,pi-22")
    alone = draw(answers, look, f"quantity=ec&{span}", "pi-20")
    other = draw(answers, look, f"quantity=ph&{span}", "pi-1,pi-20")

    assert texts(mixed["notices"]) == ["pi-20: not measured in this period", "pi-22: no reading passed its tests"]
    assert "Not measured in this period" in str(alone["empty"])
    assert texts(alone["notices"]) == texts(other["notices"]) == []


@pytest.mark.usefixtures("tanks")
def test_who_sent_nothing_in_the_period_is_named(answers, look, send):
    send("pi-21", 6.0, days=1, ago=timedelta(days=30))

    answer = draw(answers, look, "range=24h", "pi-1,pi-21")

    assert texts(answer["notices"]) == ["pi-21: no readings in this period"]


@pytest.mark.usefixtures("tanks")
def test_a_log_that_ended_long_ago_opens_on_its_last_days(answers, look, send):
    send("old", 6.0, days=2, ago=timedelta(days=60), origin="import", medium="natural", has_history=True)

    answer = draw(answers, look, "range=24h", "old")

    assert texts(answer["shown"])[0].startswith("23 Sep 2026 07:00")
    assert len(numbers(answer["figure"]["data"][0]["y"])) > 100


@pytest.mark.usefixtures("tanks")
def test_a_group_becomes_the_names_of_its_pis(answers):
    chosen = replace(NOTHING, devices=["pi-10", "zone:Lembang, GH 1"])

    answer = answers.choose(address="", moved=[Id.DEVICES], controls=chosen)

    assert view_at(answer["view"]).devices == ("pi-10", "pi-1", "pi-2", "pi-3")
    assert answer["devices"] == ["pi-1", "pi-2", "pi-3", "pi-10"]


@pytest.mark.usefixtures("tanks")
def test_a_zoom_loads_the_stretch_on_the_clock_of_the_site_and_resets(answers):
    zoomed = replace(NOTHING, relayout={"xaxis.range[0]": "2026-11-23 00:00", "xaxis.range[1]": "2026-11-23 06:00"})

    answer = answers.choose(address="?devices=pi-1", moved=[Id.ZOOM], controls=zoomed)
    reset = answers.choose(address=answer["view"], moved=[Id.RESET], controls=NOTHING)

    assert view_at(answer["view"]).zoom == (1_795_366_800_000, 1_795_388_401_000)
    assert view_at(reset["view"]).zoom is None


@pytest.mark.usefixtures("tanks")
def test_only_the_controls_that_matter_are_shown(answers):
    cohort = answers.choose(address="?devices=pi-1&shape=cohort", moved=[], controls=NOTHING)
    within = answers.choose(address="?devices=pi-1&shape=correlation&between=within", moved=[], controls=NOTHING)

    assert (cohort["spread_hidden"], cohort["over_hidden"], cohort["between_hidden"]) == (False, False, True)
    assert (within["spread_hidden"], within["between_hidden"], within["one_hidden"]) == (True, False, False)
    assert within["one"] == "pi-1"


@pytest.mark.usefixtures("tanks")
def test_a_click_that_overtook_the_answer_to_the_last_one_forgets_nothing(answers):
    both = replace(NOTHING, quantity="ec", shape="cohort", range="30d", days=[None, None])

    answer = answers.choose(address="?devices=pi-1&range=7d", moved=[Id.SHAPE], controls=both)

    assert answer["view"] == "?devices=pi-1&quantity=ec&range=30d&shape=cohort"
