"""What a browser is told: everything at first, then only what would look different."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from dash import no_update
from plotly.utils import PlotlyJSONEncoder

from analytics.flags import Test as TestOf
from analytics.flags import pack_tests
from analytics.forecast import Forecast, Outlook
from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.insights.findings import Check, Creep, Heading, Lack, Outcome, OutOfBand, Urgency
from app.pages.page import PageContext
from app.pages.today.callbacks import Filter, Today, answer
from app.pages.today.entries import Due, Entry, Kind, Scope, ServerTrouble, Silence, Trouble, Waiting
from app.pages.today.tanks import listing
from app.pages.today.words import Link, Reader, lines_of, link_of

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
EVERYTHING = Filter(None, None, "all")
READER = Reader(ConductivityUnit.PPM_500, "Asia/Jakarta", NOW)


def ask(source: Any, chosen: Filter = EVERYTHING, shown: Any = None, unit: str = "ppm500") -> dict[str, Any]:
    context = PageContext(engine=None, clock=lambda: NOW)  # type: ignore[arg-type]
    return answer(Today(source, context), unit, chosen, shown)


def text_of(component: Any) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder)


def test_the_reason_stands_there_in_words(fleet, make, result):
    since = OutOfBand(6.8, 5.5, 6.5, NOW - timedelta(hours=18), at_least=False)
    said = text_of(ask(fleet([make(1, ph=6.94)], [result(1, Check.BAND, since)]))["rows"]["out"])

    assert "pH 6.94, too high" in said
    assert "0.44 above its target of 5.50 to 6.50; since 22 Nov 13:30 (18 hours)" in said
    assert "/devices/pi-1?range=24h" in said


def test_conductivity_is_told_in_the_unit_of_the_reader(fleet, make):
    said = text_of(ask(fleet([make(1, ec_us_cm=2600.0)]), unit="ms-cm")["rows"]["out"])

    assert "EC 2.60 mS/cm, too high" in said
    assert "0.20 mS/cm above its target of 1.00 to 2.40" in said


def test_what_looks_the_same_is_not_sent_again(fleet, make):
    first = ask(fleet([make(1, ph=6.94), make(2)]))
    again = ask(fleet([make(1, ph=6.94), make(2)]), shown=first["shown"])
    changed = ask(fleet([make(1, ph=6.95), make(2)]), shown=first["shown"])

    assert set(again["rows"].values()) == {no_update}
    assert again["numbers"] is no_update
    assert [kind for kind, rows in changed["rows"].items() if rows is not no_update] == ["out"]


def test_another_unit_is_told_anew(fleet, make):
    first = ask(fleet([make(1, ec_us_cm=2600.0)]))

    assert ask(fleet([make(1, ec_us_cm=2600.0)]), shown=first["shown"], unit="us-cm")["rows"]["out"] is not no_update


def test_counts_and_numbers_are_those_of_the_place(fleet, make):
    source = fleet([make(1, ph=6.94), make(2, ph=6.94, zone="GH 2"), make(3, zone="GH 2")])
    there = ask(source, Filter("Lembang", "GH 2", "all"))

    assert (ask(source)["counts"]["out"], there["counts"]["out"]) == ("2", "1")
    said = text_of(there["numbers"])
    assert "50 %" in said
    assert "1 of 2 tanks" in said
    assert "90 %" in said  # 8,000 of 80,000 seconds were outside
    assert '"800"' in said


def test_a_kind_hides_the_others(fleet, make):
    seen_at = pd.Timestamp(NOW - timedelta(hours=2))
    source = fleet([make(1, ph=6.94), make(2, last_seen_at=seen_at)])
    sections = ask(source, Filter(None, None, "silent"))["sections"]

    assert [kind for kind, is_hidden in sections.items() if not is_hidden] == ["silent"]


@pytest.fixture
def troubled(fleet, make):
    """pi-1 is out of range, has a doubtful EC and was never calibrated; pi-2 is fine, pi-3 was never calibrated."""
    spikes = int(pack_tests([0], [TestOf.SPIKE], [0])[0])
    never = {(1, Quantity.PH): None, (3, Quantity.PH): None}
    return fleet([make(1, ph=6.94, quality=0x131, tests=spikes), make(2), make(3)], calibrated=never)


def test_a_tank_stands_once_with_the_most_urgent_first(troubled):
    told = ask(troubled)
    row = text_of(told["rows"]["out"])

    places = [row.index(said) for said in ("pH 6.94, too high", "TDS is doubtful", "pH was never calibrated")]
    assert places == sorted(places)
    assert (row.count("/calibrate?device=pi-1"), row.count("/devices/pi-1?range=24h")) == (1, 1)
    assert "pi-1" not in text_of(told["rows"]["calibration"])
    assert [kind for kind, is_hidden in told["sections"].items() if not is_hidden] == ["out", "calibration"]


def test_counts_are_of_causes_and_the_whole_is_of_rows(troubled):
    told = ask(troubled)

    assert {kind: count for kind, count in told["counts"].items() if count != "0"} == {
        "out": "1",
        "suspect": "1",
        "calibration": "2",
    }
    assert told["counters"]["suspect"] is False
    assert told["total"] == "2"
    assert told["summary"].endswith("2 things need somebody")
    assert "1 more stands above, for something more urgent." in text_of(told["rows"]["calibration"])
    assert "2 of 3 tanks" in text_of(told["numbers"])


def test_who_asks_for_one_kind_is_told_all_of_it(troubled):
    told = ask(troubled, Filter(None, None, "calibration"))
    rows = text_of(told["rows"]["calibration"])

    assert [kind for kind, is_hidden in told["sections"].items() if not is_hidden] == ["calibration"]
    assert (rows.count("pH was never calibrated"), rows.count("pH 6.94, too high")) == (2, 1)
    assert rows.index("pH was never calibrated") < rows.index("pH 6.94, too high")
    assert "stands above" not in rows
    assert (told["counts"]["calibration"], told["total"]) == ("2", "2")


def test_a_decision_at_a_desk_is_no_visit_to_the_tank():
    clock = Entry(Kind.SERVER, (ServerTrouble(Trouble.QUARANTINE, 37),), ("pi-2",))
    due = Entry(Kind.CALIBRATION, (Due(Quantity.PH, None),), ("pi-2",))
    silent = Entry(Kind.SILENT, (Silence(Scope.ZONE, 2, 2, NOW),), ("pi-2", "pi-3"))

    listed = listing([clock, silent, due], None)

    assert [row.others for rows in listed.rows.values() for row in rows] == [(), (), ()]
    assert listed.total == 3


def test_nothing_to_do_is_said_with_what_was_checked_and_when(fleet, make):
    told = ask(fleet([make(1)]))

    assert told["nothing"] is False
    assert told["foot"] == "All tanks were checked at 07:30."


def test_what_cannot_be_foretold_is_said(fleet, make, result):
    unknown = {"outcome": Outcome.UNKNOWN, "urgency": None, "lack": Lack.NO_TREND}
    told = ask(fleet([make(1)], [result(1, Check.LIMIT, None, **unknown)]))

    assert told["foot"] == "All tanks were checked at 07:30. Tanks without a forecast: 1 without a clear trend."


def test_a_server_whose_checks_never_ran_says_so(fleet, make):
    assert "have not run yet" in ask(fleet([make(1)], checked_at=None))["foot"]


def test_nobody_yet(fleet, make):
    source = fleet([make(1)])
    source.devices = list
    told = ask(source)

    assert (told["board"], told["empty"]) == (True, False)


@pytest.mark.parametrize(
    ("latest", "title"),
    [(9.0, "pH reaches 6.50 in 3 hours to 9 hours"), (float("inf"), "pH reaches 6.50 in 3 hours at the earliest")],
)
def test_the_time_to_a_limit_is_an_interval(result, latest: float, title: str):
    evidence = Heading(Forecast(Outlook.LEAVES_HIGH, 5.0, 3.0, latest), 6.5)
    entry = Entry(Kind.LIMIT, (result(1, Check.LIMIT, evidence),), ("pi-1",))

    (said,) = lines_of(entry, READER)
    assert (said.title, said.evidence) == (title, "most likely in about 5 hours")


def test_a_common_cause_is_one_sentence():
    silence = Silence(Scope.ZONE, 12, 13, datetime(2026, 11, 22, 23, 12, tzinfo=UTC))
    entry = Entry(Kind.SILENT, (silence,), tuple(f"pi-{n}" for n in range(12)), "Lembang", "GH 3", "Asia/Jakarta")

    (said,) = lines_of(entry, READER)
    assert said.title == "12 of 13 Pis of GH 3 silent since 06:12 (78 minutes)"
    assert said.evidence == "pi-0, pi-1, pi-2, pi-3, pi-4, pi-5 and 6 more"
    assert "network or the power" in said.advice
    assert link_of(entry, READER).address == "/fleet?site=Lembang&zone=GH+3&state=silent"


def test_every_cause_has_its_place(result):
    creep = result(1, Check.PEERS, Creep(-0.02, -0.03, -0.01, -0.28, 14, 8), urgency=Urgency.SOON)
    waiting = Entry(Kind.JOIN, (Waiting(2, NOW),))

    assert link_of(Entry(Kind.PROBE, (creep,), ("pi-1",)), READER) == Link("Chart", "/devices/pi-1?range=30d")
    assert link_of(waiting, READER).address == "/join"
    assert lines_of(waiting, READER)[0].title == "2 Pis wait to be let in"


@pytest.mark.parametrize(
    ("trouble", "title"),
    [
        (ServerTrouble(Trouble.DISK, 0.91), "The disk is 91 % full"),
        (ServerTrouble(Trouble.ROLLUPS, 7200.0), "Hourly figures are 2 hours behind"),
        (ServerTrouble(Trouble.CHECKS, start=NOW - timedelta(minutes=20)), "Tanks were last checked 20 minutes ago"),
        (
            ServerTrouble(Trouble.WAS_AWAY, start=NOW - timedelta(hours=5), end=NOW - timedelta(hours=2)),
            "The server was away from 23 Nov 02:30 to 23 Nov 05:30",
        ),
    ],
)
def test_troubles_of_the_server_are_said(trouble: ServerTrouble, title: str):
    entry = Entry(Kind.SERVER, (trouble,))

    assert lines_of(entry, READER)[0].title == title
    assert link_of(entry, READER).address == "/about"


def test_readings_of_a_wrong_clock_lead_to_where_they_are_decided_about():
    entry = Entry(Kind.SERVER, (ServerTrouble(Trouble.QUARANTINE, 37),), ("pi-2",))

    assert lines_of(entry, READER)[0].title == "37 readings with a time that cannot be true"
    assert link_of(entry, READER).address == "/quarantine"


@pytest.mark.parametrize(
    ("earliest", "latest", "title"),
    [(0.0, 0.01, "pH reaches 6.50 at any moment"), (2.6, 3.4, "pH reaches 6.50 in about 3 hours")],
)
def test_an_interval_whose_ends_read_the_same_is_none(result, earliest: float, latest: float, title: str):
    evidence = Heading(Forecast(Outlook.LEAVES_HIGH, latest, earliest, latest), 6.5)
    entry = Entry(Kind.LIMIT, (result(1, Check.LIMIT, evidence),), ("pi-1",))

    (said,) = lines_of(entry, READER)
    assert (said.title, said.evidence) == (title, "")
