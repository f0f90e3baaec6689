"""The use cases on a real database: tanks that sent their readings the ordinary way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from analytics.uptake import Uptake
from app.insights import stretches as stretches_module
from app.insights.findings import Check, Lack, Outcome
from app.insights.fleet import device_results, fleet_findings
from app.insights.stretches import day_reports, range_reports, typical_span, uptake_report
from app.jobs.rollups import refresh_dirty_hours
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import DeviceRecord, find_device
from models.write.calibrations import add_calibration
from models.write.devices import ensure_site, plant, register_device

DAYS = 4
Fleet = Callable[..., DeviceRecord]


@pytest.fixture
def add_tank(engine: Engine, now: datetime) -> Fleet:
    """Register a tank and let it send a reading every half hour for four days, up to now."""

    def add(name: str, *, ph: Any = 6.0, ec: Any = 1400.0, crop: str | None = "kale", **options: Any) -> DeviceRecord:
        steps = DAYS * 48
        ts_ms = int(now.timestamp() * 1000) - 60_000 - 1_800_000 * np.arange(steps)[::-1]
        shape = np.ones(steps)
        wandering = np.random.default_rng(2).normal(0, 0.01, steps)
        with session_scope(engine) as session:
            ensure_site(session, "Lembang", time_zone="Asia/Jakarta", ppm_scale=500)
            given = {"site": "Lembang", "interval_s": 1800, "has_history": True, "now": now, **options}
            device = register_device(session, name, **given)
            if crop:
                long_ago = now - timedelta(days=60)
                plant(session, device.id, crop, started_at=long_ago, transplanted_on=long_ago.date())
            values = {
                "ph": ph * shape + wandering,
                "ec_us_cm": ec * (shape + wandering),
                "water_c": 21 + 50 * wandering,
            }
            sent = SentReadings.of(device.id, ts_ms, **values)
            take_in(session, {device.id: device}, sent, now=now)
        refresh_dirty_hours(engine, now=now, device_ids=[device.id])
        return device

    return add


def test_the_fleet_is_searched_in_a_handful_of_queries(add_tank: Fleet, session: Session, now: datetime) -> None:
    add_tank("pi-10", ph=7.1)
    add_tank("pi-2", ph=7.0)
    add_tank("pi-3")
    queries: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: queries.append(arguments[2]))

    found = fleet_findings(session, now=now)

    assert [(one.device, one.check) for one in found] == [("pi-2", Check.BAND), ("pi-10", Check.BAND)]
    assert all(one.outcome is Outcome.FOUND for one in found)
    assert len(queries) <= 12


def test_a_device_is_told_everything_what_was_found_first(add_tank: Fleet, session: Session, now: datetime) -> None:
    tank = add_tank("pi-1", ph=7.1)
    add_calibration(
        session, tank.id, "ph", "two-point", {"ph7_mv": 1500.0, "slope_mv_per_ph": -140.0, "temperature_c": 25.0},
        valid_from=now - timedelta(days=1), slope_percent=79.0, offset_mv=2.0,
    )  # fmt: skip

    results = device_results(session, tank, now=now)

    assert [(one.check, one.quantity) for one in results[:2]] == [
        (Check.BAND, Quantity.PH),
        (Check.ELECTRODE, Quantity.PH),
    ]
    assert {one.outcome for one in results[2:]} <= {Outcome.FINE, Outcome.UNKNOWN}
    assert {one.lack for one in results if one.check is Check.PEERS} == {Lack.FEW_PEERS}


def test_an_imported_log_is_checked_as_of_its_newest_reading(add_tank: Fleet, session: Session, now: datetime) -> None:
    log = add_tank("river", crop=None, origin="import", medium="natural")

    results = device_results(session, log, now=now + timedelta(days=400))

    assert {one.end for one in results} == {now - timedelta(seconds=60) + timedelta(seconds=1800)}
    assert {one.lack for one in results if one.check is Check.BAND} == {Lack.NO_TARGET}
    assert fleet_findings(session, now=now) == []


def test_a_device_that_never_spoke_has_nothing_to_check(session: Session, now: datetime) -> None:
    silent = register_device(session, "pi-9", now=now)

    results = device_results(session, silent, now=now)

    assert {one.outcome for one in results} == {Outcome.UNKNOWN}
    assert {one.lack for one in results if one.check is Check.BAND} == {Lack.NO_READINGS}


def test_time_outside_is_the_same_from_readings_and_from_hours(
    add_tank: Fleet, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ph = np.full(DAYS * 48, 6.0)
    ph[60:84] = 7.0
    tank = add_tank("pi-1", ph=ph)
    start, end = datetime(2026, 11, 20, 1, tzinfo=UTC), datetime(2026, 11, 22, 1, tzinfo=UTC)

    exact = range_reports(session, tank, start, end)[Quantity.PH]
    monkeypatch.setattr(stretches_module, "MOST_READINGS", 10)
    hourly = range_reports(session, tank, start, end)[Quantity.PH]

    assert exact.spent is not None
    assert exact.excursions is not None
    assert hourly.spent is not None
    assert hourly.excursions is not None
    assert (exact.to_the_hour, hourly.to_the_hour) == (False, True)
    assert hourly.spent.above_s == pytest.approx(exact.spent.above_s)
    assert exact.spent.above_s == exact.excursions["duration_s"].sum() > 0
    assert len(hourly.excursions) == len(exact.excursions) == 1
    # about half a pH too high at most, and the hours know it to half a bin
    area = exact.excursions["area"][0]
    assert hourly.excursions["area"][0] == pytest.approx(area, abs=0.05 * exact.spent.above_s / 3600)


def test_an_excursion_counts_from_where_the_stretch_begins(add_tank: Fleet, session: Session, now: datetime) -> None:
    tank = add_tank("pi-1", ph=7.0)

    report = range_reports(session, tank, now - timedelta(hours=10), now)[Quantity.PH]

    assert report.excursions is not None
    assert report.excursions["duration_s"].max() <= 10 * 3600 + 1800


def test_without_a_crop_natural_water_has_no_range(add_tank: Fleet, session: Session, now: datetime) -> None:
    log = add_tank("river", crop=None, origin="import", medium="natural")

    reports = range_reports(session, log, now - timedelta(days=1), now)

    assert all(report.spent is None and report.excursions is None for report in reports.values())


def test_the_typical_day_is_told_on_the_clock_of_the_site(add_tank: Fleet, session: Session, now: datetime) -> None:
    # The newest reading is of 00:29 UTC, 07:29 in Jakarta.
    ph = 6.0 + 0.2 * (np.arange(DAYS * 48)[::-1] % 48 == 0)
    tank = add_tank("pi-1", ph=ph)

    start, end = typical_span(now - timedelta(hours=6), now)
    report = day_reports(session, tank, start, end, ZoneInfo("Asia/Jakarta"))[Quantity.PH]

    assert report.hours["median"].idxmax() == 7
    # four whole days, which begin and end within the hour from 7 on
    assert report.days == DAYS + 1
    assert (report.low, report.high) == (5.5, 6.5)
    assert report.histogram[1:].sum() == pytest.approx(DAYS * 86_400, abs=3600)


def test_falling_ec_between_interventions_is_feeding(add_tank: Fleet, session: Session, now: datetime) -> None:
    tank = add_tank("pi-1", ec=1600 - 30 * np.arange(DAYS * 48) / 48, tank_volume_l=200.0)

    report = uptake_report(session, tank, now - timedelta(days=DAYS), now, ZoneInfo("Asia/Jakarta"))

    assert report.stretches["uptake"].tolist() == [Uptake.FEEDING]
    assert report.stretches["ec_per_day"].tolist() == pytest.approx([-30], abs=3)
    assert report.trends[Quantity.EC].slope == pytest.approx(-30, abs=4)
    assert (report.volume_l, report.top_ups) == (200.0, 0)
    assert np.isnan(report.litres_per_day)


def test_a_device_without_readings_has_empty_reports(session: Session, now: datetime) -> None:
    register_device(session, "pi-9", now=now)
    silent = find_device(session, "pi-9")
    assert silent is not None
    span, zone = (now - timedelta(days=7), now), ZoneInfo("Asia/Jakarta")

    assert range_reports(session, silent, *span)[Quantity.PH].spent.covered_s == 0  # type: ignore[union-attr]
    assert day_reports(session, silent, *span, zone)[Quantity.EC].days == 0
    assert uptake_report(session, silent, *span, zone).stretches.empty
