"""What gets onto the worklist, and in which order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.flags import Test, pack_tests
from analytics.forecast import Forecast, Outlook
from analytics.quantities import Quantity
from app.insights.findings import Apart, Check, Heading, Lack, Outcome, OutOfBand
from app.pages.today.entries import Doubt, Due, Kind, Outside

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
THREE_HOURS_AGO = NOW - timedelta(hours=3)


def names(entries: Any) -> list[tuple[str, ...]]:
    return [entry.devices for entry in entries]


def heading(hours: float) -> Heading:
    return Heading(Forecast(Outlook.LEAVES_HIGH, hours, hours / 2, hours * 2), 6.5)


def test_what_is_out_now_comes_first_the_furthest_out_of_all(fleet, make):
    listed = fleet([make(1, ph=6.6), make(2, ec_us_cm=3800.0), make(3)]).worklist()

    assert names(listed.of(Kind.OUT)) == [("pi-2",), ("pi-1",)]  # one band width beyond, and a tenth of one
    assert listed.entries[0].kind is Kind.OUT


def test_the_checks_tell_since_when(fleet, make, result):
    before = OutOfBand(6.8, 5.5, 6.5, THREE_HOURS_AGO, at_least=False)
    listed = fleet([make(1, ph=6.94)], [result(1, Check.BAND, before)]).worklist()

    (outside,) = listed.of(Kind.OUT)[0].evidence
    assert outside == Outside(Quantity.PH, 6.94, 5.5, 6.5, THREE_HOURS_AGO, at_least=False)
    assert outside.distance == pytest.approx(0.44)


def test_what_came_back_into_its_band_since_the_checks_is_not_listed(fleet, make, result):
    before = OutOfBand(6.8, 5.5, 6.5, THREE_HOURS_AGO, at_least=False)

    assert fleet([make(1, ph=6.3)], [result(1, Check.BAND, before)]).worklist().entries == []


def test_what_crossed_the_whole_band_since_the_checks_is_out_from_now_on(fleet, make, result):
    before = OutOfBand(6.8, 5.5, 6.5, THREE_HOURS_AGO, at_least=False)
    listed = fleet([make(1, ph=5.0)], [result(1, Check.BAND, before)]).worklist()

    assert listed.of(Kind.OUT)[0].evidence[0].since is None


def test_the_tank_with_the_least_time_comes_first(fleet, make, result):
    results = [result(1, Check.LIMIT, heading(9.0)), result(2, Check.LIMIT, heading(4.0))]

    assert names(fleet([make(1), make(2)], results).worklist().of(Kind.LIMIT)) == [("pi-2",), ("pi-1",)]


def test_no_forecast_is_told_of_what_is_outside_already(fleet, make, result):
    listed = fleet([make(1, ph=6.6)], [result(1, Check.LIMIT, heading(4.0))]).worklist()

    assert [entry.kind for entry in listed.entries] == [Kind.OUT]


def test_of_a_silent_tank_nothing_else_is_told(fleet, make, result):
    seen_at = pd.Timestamp(NOW - timedelta(hours=2))
    results = [result(1, Check.LIMIT, heading(4.0)), result(1, Check.PEERS, Apart(7.2, 1.1, 8))]
    listed = fleet([make(1, ph=9.0, last_seen_at=seen_at)], results).worklist()

    assert [entry.kind for entry in listed.entries] == [Kind.SILENT]


def test_a_doubtful_value_names_its_tests(fleet, make):
    tests = int(pack_tests([Test.DRY_PROBE], [0], [0])[0])
    listed = fleet([make(1, quality=0x113, tests=tests, ph=9.0)]).worklist()

    assert [entry.evidence for entry in listed.entries] == [(Doubt(Quantity.PH, Test.DRY_PROBE, is_missing=False),)]


def test_a_tank_that_is_being_serviced_needs_nobody_else(fleet, make):
    tests = int(pack_tests([Test.SERVICE], [Test.SERVICE], [0])[0])

    assert fleet([make(1, quality=0x133, tests=tests)]).worklist().entries == []


def test_a_fault_that_is_found_while_a_tank_is_being_serviced_is_told(fleet, make):
    dry = Test.DRY_PROBE | Test.SERVICE
    tests = int(pack_tests([dry], [Test.SERVICE], [0])[0])
    listed = fleet([make(1, quality=0x133, tests=tests)]).worklist()

    assert [entry.evidence for entry in listed.entries] == [(Doubt(Quantity.PH, dry, is_missing=False),)]


def test_a_probe_is_due_after_thirty_days_and_one_without_a_calibration_at_once(fleet, make):
    calibrated = {
        (1, Quantity.PH): NOW - timedelta(days=29),
        (2, Quantity.PH): NOW - timedelta(days=31),
        (3, Quantity.EC): None,
    }
    listed = fleet([make(1), make(2), make(3)], calibrated=calibrated).worklist()

    assert [(entry.devices, entry.evidence) for entry in listed.of(Kind.CALIBRATION)] == [
        (("pi-3",), (Due(Quantity.EC, None),)),
        (("pi-2",), (Due(Quantity.PH, NOW - timedelta(days=31)),)),
    ]


def test_what_cannot_be_foretold_is_counted_by_tank_and_reason(fleet, make, result):
    unknown = {"outcome": Outcome.UNKNOWN, "urgency": None, "lack": Lack.NO_TREND}
    results = [
        result(number, Check.LIMIT, None, quantity=quantity, **unknown)
        for number in (1, 2)
        for quantity in (Quantity.PH, Quantity.EC)
    ]

    assert fleet([make(1), make(2), make(3)], results).worklist().unforeseen == [(Lack.NO_TREND, 2)]
