"""What the section of the Device page answers, in words, from a source in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf, nan
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dash import no_update
from dash.development.base_component import Component

from analytics.compensation import Compensation, CompensationCheck
from analytics.flags import CHANNELS
from analytics.forecast import Forecast, Outlook
from analytics.probe_health import ProbeHealth
from analytics.quantities import Quantity
from analytics.ranges import TimeInRange
from analytics.trends import Trend
from analytics.units import PpmScale
from analytics.uptake import Uptake
from app.components import ConductivityUnit
from app.insights.findings import (
    Apart,
    Check,
    Creep,
    Evidence,
    Heading,
    Lack,
    OtherScale,
    Outcome,
    OutOfBand,
    Result,
    Urgency,
)
from app.insights.stretches import DayReport, RangeReport, UptakeReport
from app.pages.device.insights.callbacks import InsightAnswers, stretch_of
from app.pages.device.insights.source import Days, Stretch
from app.pages.device.insights.words import check_text, fine_text, lack_text, said
from app.pages.page import PageContext

END = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SHOWN = {"from": "2026-11-16T00:30:00+00:00", "to": "2026-11-23T00:30:00+00:00", "unit": "ppm500"}
RUNS = pd.DataFrame(
    {
        "start_at": pd.DatetimeIndex(["2026-11-20T00Z", "2026-11-21T00Z"]),
        "end_at": pd.DatetimeIndex(["2026-11-20T02Z", "2026-11-21T04Z"]),
        "side": ["low", "low"],
        "count": [4, 8],
        "duration_s": [7200.0, 14400.0],
        "worst": [900.0, 800.0],
        "area": [100.0, 600.0],
    }
)


def text_of(component: Any) -> str:
    """Give all the words inside a component."""
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(text_of, component)))
    return text_of(component.children) if isinstance(component, Component) else str(component or "")


def result(
    check: Check, quantity: Quantity = Quantity.PH, *, evidence: Evidence | None = None, lack: Lack | None = None
) -> Result:
    """One check of pi-52 over a fortnight: found if it has evidence, unknown if it lacks something, else fine."""
    outcome = Outcome.FOUND if evidence else Outcome.UNKNOWN if lack else Outcome.FINE
    urgency = Urgency.NOW if evidence else None
    return Result(52, "pi-52", check, quantity, outcome, END - timedelta(days=14), END, urgency, evidence, lack)


@dataclass
class FakeInsights:
    """Answers from memory."""

    found: list[Result] = field(default_factory=list)
    uptakes: UptakeReport | None = None
    typical: int = 7

    def device(self, name: str) -> Any:
        return SimpleNamespace(site_time_zone="Asia/Jakarta") if name == "pi-52" else None

    def results(self, name: str) -> list[Result] | None:
        return self.found if name == "pi-52" else None

    def ranges(self, name: str, stretch: Stretch) -> Mapping[Quantity, RangeReport]:
        spent = TimeInRange(below_s=21_600.0, inside_s=64_800.0, above_s=0.0, span_s=172_800.0)
        nothing = RangeReport(None, None, to_the_hour=False)
        return {**dict.fromkeys(CHANNELS, nothing), Quantity.EC: RangeReport(spent, RUNS, to_the_hour=False)}

    def days(self, name: str, stretch: Stretch) -> Days:
        level = np.full(24, 1500.0)
        hours = pd.DataFrame({"median": level, "low": level - 50, "high": level + 50, "days": self.typical})
        report = DayReport(hours, self.typical, np.array([29, 3600, 10_800], np.int32), 50.0, 1000.0, 1500.0)
        return Days(dict.fromkeys(CHANNELS, report), stretch)

    def uptake(self, name: str, stretch: Stretch) -> UptakeReport | None:
        return self.uptakes


@pytest.fixture
def source() -> FakeInsights:
    return FakeInsights()


@pytest.fixture
def answers(source: FakeInsights) -> InsightAnswers:
    return InsightAnswers(source, PageContext(None, lambda: END))  # type: ignore[arg-type]


PPM, ZONE = ConductivityUnit.PPM_500, "Asia/Jakarta"
SAID: list[tuple[Check, Quantity, Evidence, list[str]]] = [
    (
        Check.BAND,
        Quantity.EC,
        OutOfBand(800.0, 1000.0, 1800.0, END - timedelta(hours=5), at_least=False),
        ["TDS is too low: 400 ppm (500)", "500 ppm (500) to 900 ppm (500)", "23 Nov 2026 02:30 (5 hours)"],
    ),
    (
        Check.BAND,
        Quantity.PH,
        OutOfBand(7.2, 5.5, 6.5, END - timedelta(days=10), at_least=True),
        ["pH is too high: 7.20", "at least 10 days", "Add acid"],
    ),
    (
        Check.LIMIT,
        Quantity.PH,
        Heading(Forecast(Outlook.LEAVES_HIGH, 9.6, 7.2, 14.1), 6.5),
        ["limit of 6.50 in about 10 hours", "Between 7 hours and 14 hours"],
    ),
    (
        Check.LIMIT,
        Quantity.PH,
        Heading(Forecast(Outlook.LEAVES_LOW, 9.6, 0.5, inf), 5.5),
        ["limit of 5.50", "In 30 minutes at the earliest"],
    ),
    (
        Check.LIMIT,
        Quantity.PH,
        Heading(Forecast(Outlook.LEAVES_LOW, 0.01, 0.0, 0.02), 5.5),
        ["limit of 5.50 at any moment", "If it goes on"],
    ),
    (
        Check.LIMIT,
        Quantity.PH,
        Heading(Forecast(Outlook.LEAVES_LOW, 0.02, 0.01, 1.4), 5.5),
        ["in about 1 minute", "Between 1 minute and"],
    ),
    (
        Check.SCALE,
        Quantity.EC,
        OtherScale(2100.0, 1.4, PpmScale.KCL_700, PpmScale.NACL_500, 5),
        ["wrong ppm scale", "1.40 times", "5 tanks", "700", "read as 500"],
    ),
    (
        Check.PEERS,
        Quantity.PH,
        Creep(-0.029, -0.045, -0.0111, -0.41, 15, 14),
        ["pH probe drifts", "−0.029 a day (−0.045 to −0.011)", "14 tanks", "−0.41 in 15 days"],
    ),
    (
        Check.PEERS,
        Quantity.PH,
        Creep(-0.029, -0.0581, -0.0003, -0.41, 15, 14),
        ["−0.0290 a day (−0.0581 to −0.0003)", "−0.41 in 15 days"],
    ),
    (Check.PEERS, Quantity.PH, Apart(5.1, -0.9, 9), ["5.10, which is 0.90 below the median of 9 tanks"]),
    (
        Check.TEMPERATURE,
        Quantity.EC,
        CompensationCheck(Compensation.UNCOMPENSATED, 2.04, 0.991, 7.0),
        ["uncompensated", "+2.0 % per °C (r = 0.99 over 7 days)"],
    ),
    (
        Check.TEMPERATURE,
        Quantity.EC,
        CompensationCheck(Compensation.TWICE, -1.9, -0.95, 7.0),
        ["compensated twice", "−1.9 % per °C"],
    ),
    (
        Check.ELECTRODE,
        Quantity.PH,
        ProbeHealth(87.2, -12.5, -1.0, 0.0, pd.Timestamp("2026-12-24", tz="UTC"), ""),
        ["Slope 87.2 % (limit 85 %), offset −12.5 mV (limit ±60 mV)", "by 24 Dec 2026"],
    ),
]


@pytest.mark.parametrize(("check", "quantity", "evidence", "words"), SAID)
def test_a_finding_says_what_how_much_and_what_to_do(
    check: Check, quantity: Quantity, evidence: Evidence, words: list[str]
) -> None:
    told = said(result(check, quantity, evidence=evidence), PPM, ZONE)

    for each in words:
        assert each in f"{told.title} {told.evidence} {told.advice}"
    assert all((told.title, told.evidence, told.advice))


@pytest.mark.parametrize("check", list(Check))
def test_every_check_has_a_name_and_says_when_it_is_fine(check: Check) -> None:
    assert check_text(result(check), PPM)
    assert fine_text(result(check))


@pytest.mark.parametrize("lack", list(Lack))
def test_every_lack_is_put_into_words(lack: Lack) -> None:
    assert lack_text(result(Check.PEERS, lack=lack))


def test_findings_come_before_everything_that_was_checked(answers: InsightAnswers, source: FakeInsights) -> None:
    source.found = [result(Check.PEERS, evidence=Apart(7.1, 1.0, 9)), result(Check.BAND)]

    words = text_of(answers.findings("pi-52", SHOWN))

    assert words.index("stands apart") < words.index("What was checked, in readings of 9 Nov 2026 07:30")
    assert words.index("pH against its target in range") < words.index("pH against tanks with the same crop see above")


def test_no_finding_is_said_with_what_was_checked(answers: InsightAnswers, source: FakeInsights) -> None:
    source.found = [result(Check.BAND), result(Check.TEMPERATURE, Quantity.EC, lack=Lack.SHORT_HISTORY)]

    words = text_of(answers.findings("pi-52", SHOWN))

    assert "Nothing found: 1 check came out fine." in words
    assert "too little history; needs 3 days" in words


def test_where_nothing_can_be_said_that_is_said(answers: InsightAnswers, source: FakeInsights) -> None:
    source.found = [result(Check.BAND, lack=Lack.NO_READINGS)]

    assert "Nothing can be said yet" in text_of(answers.findings("pi-52", SHOWN))


def test_a_retired_device_is_not_checked(answers: InsightAnswers) -> None:
    assert "retired" in text_of(answers.findings("pi-52", SHOWN))


def test_excursions_are_told_in_the_unit_of_the_reader(answers: InsightAnswers) -> None:
    words = text_of(answers.ranges("pi-52", SHOWN))

    # 75 % of the covered half of the time; 900 and 800 µS/cm are 450 and 400 ppm
    assert "75.0 % 50.0 % 2 (longest 4.0 h) – 400 – 350 ppm (500)·h" in words
    assert "pH no target" in words.replace("  ", " ")
    assert "say first what grows in the tank" in words


def test_the_distribution_has_the_band_behind_it(answers: InsightAnswers) -> None:
    day, distribution, note = answers.days("pi-52", SHOWN, "ec_us_cm", "dark")

    assert day["data"][2]["y"] == [750.0] * 24
    (bars,) = distribution["data"]
    assert bars["x"] == [737.5, 762.5]
    assert bars["y"] == [25.0, 75.0]
    (band,) = distribution["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (500.0, 750.0)
    assert "7 days by the hour, on the clock of Asia/Jakarta" in note


def test_two_days_are_no_typical_day(answers: InsightAnswers, source: FakeInsights) -> None:
    source.typical = 2

    day, _distribution, _note = answers.days("pi-52", SHOWN, "ph", None)

    assert day["data"] == []
    assert day["layout"]["annotations"][0]["text"] == "Needs three days of readings"


STRETCHES = pd.DataFrame(
    {
        "start_at": [pd.Timestamp("2026-11-20T01Z"), pd.Timestamp("2026-11-22T01Z")],
        "hours": [20.0, 16.0],
        "ec_per_day": [-40.0, 12.0],
        "ec_low": [-50.0, -4.0],
        "ec_high": [-30.0, 20.0],
        "ph_per_day": [0.101, -0.001],
        "uptake": [Uptake.FEEDING, Uptake.UNCLEAR],
    }
)
FALLING = Trend(-20.0, -30.0, -10.0, 1500.0, 3.0, 7)
UNKNOWN = Trend(nan, nan, nan, nan, nan, 1)
UNSURE = Trend(0.01, -0.02, 0.04, 21.0, 3.0, 7)
REPORT = UptakeReport(STRETCHES, 4.92, 3, 200.0, {Quantity.PH: UNKNOWN, Quantity.EC: FALLING, Quantity.WATER: UNSURE})


def test_a_clear_drift_is_written_with_as_many_digits_as_show_it(answers: InsightAnswers, source: FakeInsights) -> None:
    clear = Trend(-0.31, -0.62, -0.004, 21.0, 3.0, 7)
    source.uptakes = replace(REPORT, trends={**REPORT.trends, Quantity.WATER: clear})

    assert "drifts by −0.310 °C a day (−0.620 to −0.004)" in text_of(answers.uptake("pi-52", SHOWN))


def test_what_the_plants_took_is_told_newest_first(answers: InsightAnswers, source: FakeInsights) -> None:
    source.uptakes = REPORT

    words = text_of(answers.uptake("pi-52", SHOWN))

    assert "TDS: drifts by −10.0 ppm (500) a day (−15.0 to −5.0)." in words
    assert "pH: too little history for a drift" in words
    assert "no clear drift (−0.02 to +0.04 °C a day)" in words
    assert "at least 4.9 litres a day, from 3 top-ups" in words
    assert words.index("22 Nov 2026 08:00 16 +6 −2 … +10 0.00 unclear") < words.index("20 Nov 2026 08:00 20 −20")


def test_missing_volume_and_stretches_say_what_is_needed(answers: InsightAnswers, source: FakeInsights) -> None:
    source.uptakes = replace(REPORT, stretches=STRETCHES.iloc[:0], volume_l=None, litres_per_day=nan)

    words = text_of(answers.uptake("pi-52", SHOWN))

    assert "needs the volume of the tank" in words
    assert "No stretch of twelve quiet hours" in words


@pytest.mark.parametrize(
    "shown",
    [
        None,
        {},
        {"from": "yesterday", "to": "today"},
        {"from": "2026-11-16T00:30:00", "to": "2026-11-23T00:30:00"},
        {"from": SHOWN["to"], "to": SHOWN["from"]},
    ],
)
def test_what_is_no_stretch_of_time_changes_nothing(answers: InsightAnswers, shown: Any) -> None:
    assert stretch_of(shown) is None
    assert answers.ranges("pi-52", shown) is no_update
    assert answers.days("pi-52", shown, "ph", None) == (no_update,) * 3


def test_an_unknown_device_or_quantity_changes_nothing(answers: InsightAnswers) -> None:
    assert answers.findings("nobody", SHOWN) is no_update
    assert answers.days("pi-52", SHOWN, "salinity", None) == (no_update,) * 3
