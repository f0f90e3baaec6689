"""Visits at the desk, and what they do to the history, on a real database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from analytics.buffers import Buffer, BufferSet
from analytics.calibration_fit import Judgement
from analytics.quantities import Quantity
from app.calibration.errors import Impossible, InTheFuture, NoEarlierVisit, NotAllowed, Refused
from app.calibration.findings import finding_of
from app.calibration.visits import Circumstances, EcVisit, InBuffer, InStandard, OffsetVisit, PhVisit, Transition
from app.jobs.rollups import refresh_dirty_hours
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import UnknownCalibration
from models.read.calibrations import list_calibrations
from models.read.devices import find_device
from models.read.rollups import hours_frame

Make = Callable[..., PhVisit]
RAW = ["ph_mv", "ec_mv", "water_c", "ph_sent", "ec_sent"]


def mean_ph(tank: Any) -> float:
    """The mean pH of all hours, as pages and reports read it."""
    refresh_dirty_hours(tank.engine, now=tank.now)
    with session_scope(tank.engine) as session:
        hours = hours_frame(session, [tank.device.id], tank.at(40), tank.at(-1))
    return float(hours["ph_sum"].sum() / hours["ph_n"].sum())


def test_a_wrong_buffer_of_two_weeks_ago_is_repaired_and_the_millivolts_stay(tank: Any, make_visit: Make):
    wrong = make_visit(tank.at(14), mid_mv=1524.8, buffers=(Buffer.PH_4_00, Buffer.PH_7_00))
    made = tank.desk.save("pi-17", wrong, by=tank.agronomist)
    # Signals of a living tank: a stuck one is kept out of every mean.
    lively = np.arange(2304) * 7919 % 101 / 101 - 0.5
    tank.send(ph_mv=1677.5 + 4 * lively, ec_mv=1500.0 + 8 * lively, water_c=25.0)
    before = tank.repair()
    mean_before = mean_ph(tank)

    # The sachet was of pH 6.86; the millivolts in it were right.
    right = replace(
        wrong,
        buffer_set=BufferSet.NIST_POWDER,
        left=(replace(wrong.left[0], buffer=Buffer.PH_4_01), replace(wrong.left[1], buffer=Buffer.PH_6_86)),
    )
    tank.desk.replace(made.calibration_id, right, by=tank.agronomist)
    after = tank.repair()

    since = after.index >= tank.at(14)
    # 1677.5 mV: 7 - 152.7/169.2 = 6.0975 before, 6.86 - 152.7/178.1 = 6.0026 after.
    assert before["ph"][since].mean() == pytest.approx(6.0975, abs=1e-3)
    assert after["ph"][since].mean() == pytest.approx(6.0026, abs=4e-3)
    assert after["ph"][~since].tolist() == before["ph"][~since].tolist()
    pd.testing.assert_frame_equal(after[RAW], before[RAW])
    assert after["ph_as_measured"].tolist() == before["ph"].tolist()
    assert mean_before - mean_ph(tank) == pytest.approx(0.095 * 14 / 16, abs=0.004)


def test_what_was_measured_first_outlives_a_second_correction(tank: Any, make_visit: Make):
    tank.send(days=2)
    first = tank.readings()["ph"]
    one = tank.desk.save("pi-17", make_visit(tank.at(3), mid_mv=1510.0), by=tank.agronomist)
    tank.repair()
    tank.desk.replace(one.calibration_id, make_visit(tank.at(3), mid_mv=1520.0), by=tank.agronomist)

    readings = tank.repair()

    assert readings["ph_as_measured"].tolist() == first.tolist()
    assert (readings["ph"] != first).all()


def test_a_value_that_was_none_at_first_stays_none_as_measured(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(3), low_mv=1650.0, mid_mv=1550.0, forced_reason="x"), by=tank.agronomist)
    tank.send(days=2, ph_mv=2400.0, water_c=25.0)
    assert tank.readings()["ph"].isna().all()
    bad = list_of(tank)[0]

    tank.desk.void(bad.id, by=tank.agronomist)
    readings = tank.repair()
    tank.desk.save("pi-17", make_visit(tank.at(3), mid_mv=1510.0), by=tank.agronomist)
    readings = tank.repair()

    assert readings["ph"].notna().all()
    assert readings["ph_as_measured"].isna().all()


def list_of(tank: Any, quantity: str = "ph") -> list[Any]:
    with session_scope(tank.engine) as session:
        return list_calibrations(session, tank.device.id, quantity)


def test_a_withdrawn_calibration_leaves_its_readings_to_the_one_before(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(10)), by=tank.agronomist)
    second = tank.desk.save("pi-17", make_visit(tank.at(5), mid_mv=1520.0), by=tank.agronomist)
    tank.send(days=8)
    assert tank.readings()["ph"].nunique() == 2

    tank.desk.void(second.calibration_id, by=tank.agronomist)

    assert tank.repair()["ph"].nunique() == 1


def test_a_drift_is_spread_between_two_visits(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(10)), by=tank.agronomist)
    tank.send(days=12)

    # Ten days later pH 7 reads 17.75 mV higher: a tenth of a pH more, had nobody noticed.
    moved = make_visit(tank.at(0), low_mv=2050.15, mid_mv=1517.75, transition=Transition.BLEND)
    tank.desk.save("pi-17", moved, by=tank.agronomist)
    ph = tank.repair()["ph"]

    assert ph.asof(tank.at(11)) == pytest.approx(6.0, abs=1e-3)
    assert ph.asof(tank.at(9.999)) == pytest.approx(6.0, abs=2e-3)
    assert ph.asof(tank.at(5)) == pytest.approx(6.05, abs=2e-3)
    assert ph.iloc[-1] == pytest.approx(6.1, abs=2e-3)


def test_a_cleaned_probe_drifts_to_how_it_was_found(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(10)), by=tank.agronomist)
    tank.send(days=10, until=0.5)
    found = (InBuffer(Buffer.PH_4_00, 2067.9, 25.0), InBuffer(Buffer.PH_7_00, 1535.5, 25.0))
    cleaned = replace(make_visit(tank.at(0.5), transition=Transition.BLEND), found=found)
    tank.desk.save("pi-17", cleaned, by=tank.agronomist)

    ph = tank.repair()["ph"]

    assert ph.iloc[0] == pytest.approx(6.0, abs=2e-3)
    assert ph.iloc[-2] == pytest.approx(6.2, abs=2e-3)


def test_withdrawing_the_visit_a_drift_began_with_repairs_the_whole_drift(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(12)), by=tank.agronomist)
    middle = tank.desk.save("pi-17", make_visit(tank.at(6)), by=tank.agronomist)
    moved = make_visit(tank.at(0), low_mv=2067.9, mid_mv=1535.5, transition=Transition.BLEND)
    tank.desk.save("pi-17", moved, by=tank.agronomist)
    tank.send(days=14)
    tank.repair()

    tank.desk.void(middle.calibration_id, by=tank.agronomist)

    assert tank.repair()["ph"].asof(tank.at(6)) == pytest.approx(6.1, abs=3e-3)


def test_late_readings_are_blended_as_they_come_in(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(10)), by=tank.agronomist)
    moved = make_visit(tank.at(0), low_mv=2067.9, mid_mv=1535.5, transition=Transition.BLEND)
    tank.desk.save("pi-17", moved, by=tank.agronomist)

    tank.send(days=10)

    assert tank.readings()["ph"].asof(tank.at(5)) == pytest.approx(6.1, abs=3e-3)


def test_ec_follows_its_standard_and_blends_in_its_factor(tank: Any):
    tank.send(days=4)
    shown = float(tank.readings()["ec_us_cm"].iloc[0])
    tank.desk.save("pi-17", ec_visit(tank.at(4), shown), by=tank.agronomist)
    tank.desk.save("pi-17", ec_visit(tank.at(0), 1.2 * shown, transition=Transition.BLEND), by=tank.agronomist)

    ec = tank.repair()["ec_us_cm"]

    assert ec.asof(tank.at(2)) / shown == pytest.approx(1.1, abs=2e-3)
    assert ec.iloc[-1] / shown == pytest.approx(1.2, abs=2e-3)


def ec_visit(at: datetime, standard: float, **around: Any) -> EcVisit:
    return EcVisit(Circumstances(at, **around), InStandard(1500.0, 25.0), standard_us_cm=standard)


def test_a_log_without_millivolts_is_corrected_reversibly(tank: Any):
    tank.send(days=10, ph=6.0, ec_us_cm=1400.0, water_c=22.0)
    drift = OffsetVisit(
        Circumstances(tank.at(0), Transition.BLEND), Quantity.PH, shown=6.0, true=5.8, since=tank.at(10)
    )
    made = tank.desk.save("pi-17", drift, by=tank.agronomist)

    corrected = tank.repair()
    tank.desk.void(made.calibration_id, by=tank.agronomist)
    back = tank.repair()

    assert corrected["ph"].asof(tank.at(5)) == pytest.approx(5.9, abs=1e-3)
    assert corrected["ph"].iloc[-1] == pytest.approx(5.8)
    assert corrected["ec_us_cm"].unique().tolist() == [1400.0]
    assert corrected["ph_sent"].unique().tolist() == back["ph"].unique().tolist() == [6.0]


def test_an_offset_holds_until_the_next_one(tank: Any):
    tank.send(days=4, ph=6.0)
    # What pages show at the second visit has the first correction in it.
    for days_ago, shown, true in ((3, 6.0, 6.2), (1, 6.2, 6.1)):
        check = OffsetVisit(Circumstances(tank.at(days_ago)), Quantity.PH, shown, true)
        tank.desk.save("pi-17", check, by=tank.agronomist)

    ph = tank.repair()["ph"]

    assert [round(float(ph.asof(tank.at(days))), 6) for days in (3.5, 2, 0.5)] == [6.0, 6.2, 6.1]


def ph_at(frame: Any, tank: Any, *days_ago: float) -> list[float]:
    return [round(float(frame["ph"].asof(tank.at(days))), 3) for days in days_ago]


def test_a_meter_corrects_a_pi_that_sends_millivolts_until_the_probe_is_calibrated_anew(tank: Any, make_visit: Make):
    tank.send(days=10)  # pH 6.0 on a nominal board
    check = OffsetVisit(Circumstances(tank.at(6)), Quantity.PH, shown=6.0, true=5.8)
    made = tank.desk.save("pi-17", check, by=tank.agronomist)

    alone = tank.repair()
    tank.desk.save("pi-17", make_visit(tank.at(2)), by=tank.agronomist)
    calibrated = tank.repair()
    tank.desk.void(made.calibration_id, by=tank.agronomist)

    assert ph_at(alone, tank, 7, 5, 1) == [6.0, 5.8, 5.8]
    assert alone["ph_calibration_id"].unique().tolist() == [0, made.calibration_id]
    assert ph_at(calibrated, tank, 7, 5, 1) == [6.0, 5.8, 6.0]
    assert ph_at(tank.repair(), tank, 7, 5, 1) == [6.0, 6.0, 6.0]


def test_what_was_found_before_cleaning_is_spread_back_and_what_is_left_holds_on(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(10)), by=tank.agronomist)
    tank.send(days=12)
    around = Circumstances(tank.at(2), Transition.BLEND)
    tank.desk.save("pi-17", OffsetVisit(around, Quantity.PH, shown=6.0, true=5.6, left=5.5), by=tank.agronomist)

    corrected = tank.repair()

    # Half of -0.4 half-way; fouling gone, a tenth of a pH remains to be added.
    assert ph_at(corrected, tank, 11, 6, 2, 1) == [6.0, 5.8, 5.6, 6.1]


def test_a_number_in_another_unit_is_refused(tank: Any):
    with pytest.raises(Impossible, match="60 pH cannot be; use a number from 0 to 14"):
        tank.desk.save("pi-17", OffsetVisit(Circumstances(tank.at(1)), Quantity.PH, 60.0, 6.1), by=tank.agronomist)


def test_a_viewer_changes_nothing(tank: Any, make_visit: Make):
    made = tank.desk.save("pi-17", make_visit(tank.at(3)), by=tank.agronomist)
    viewer = Principal(2, "budi", Role.VIEWER)

    for person in (viewer, None):
        with pytest.raises(NotAllowed):
            tank.desk.save("pi-17", make_visit(tank.at(1)), by=person)
        with pytest.raises(NotAllowed):
            tank.desk.replace(made.calibration_id, make_visit(tank.at(1)), by=person)
        with pytest.raises(NotAllowed):
            tank.desk.void(made.calibration_id, by=person)
        with pytest.raises(NotAllowed):
            tank.desk.go_live("pi-17", by=person)

    assert [one.id for one in list_of(tank)] == [made.calibration_id]


def test_a_worn_electrode_is_refused_unless_somebody_insists_with_a_reason(tank: Any, make_visit: Make):
    worn = make_visit(tank.at(1), low_mv=1900.0)  # 400 mV over 3 pH is 75 % of the ideal slope

    with pytest.raises(Refused, match="75"):
        tank.desk.save("pi-17", worn, by=tank.agronomist)
    insisted = replace(worn, circumstances=replace(worn.circumstances, forced_reason="no spare until Friday"))
    tank.desk.save("pi-17", insisted, by=tank.agronomist)

    (made,) = list_of(tank)
    assert made.slope_percent == pytest.approx(75.1, abs=0.1)
    assert made.forced_reason == "no spare until Friday"


@pytest.mark.parametrize(("low_mv", "judgement"), [(2032.4, "accept"), (1965.0, "warn"), (1945.0, "refuse")])
def test_a_slope_is_judged_before_anything_is_saved(tank: Any, make_visit: Make, low_mv: float, judgement: str):
    assert finding_of(make_visit(tank.at(1), low_mv=low_mv)).judgement is Judgement(judgement)


def test_a_board_that_idles_at_two_and_a_half_volts_is_judged_as_what_it_is(tank: Any, make_visit: Make):
    finding = finding_of(make_visit(tank.at(1), low_mv=3027.0, mid_mv=2500.0))

    assert (finding.judgement, finding.offset_mv) == (Judgement.ACCEPT, pytest.approx(0.0, abs=0.01))


def test_what_cannot_be_a_calibration_is_refused(tank: Any, make_visit: Make):
    with pytest.raises(Impossible, match="does not follow"):
        tank.desk.save("pi-17", make_visit(tank.at(1), low_mv=1505.0), by=tank.agronomist)
    with pytest.raises(InTheFuture):
        tank.desk.save("pi-17", make_visit(tank.at(-1)), by=tank.agronomist)
    with pytest.raises(NoEarlierVisit):
        tank.desk.save("pi-17", make_visit(tank.at(1), transition=Transition.BLEND), by=tank.agronomist)

    assert list_of(tank) == []


def test_an_edit_of_what_is_already_replaced_is_refused(tank: Any, make_visit: Make):
    made = tank.desk.save("pi-17", make_visit(tank.at(3)), by=tank.agronomist)
    tank.desk.replace(made.calibration_id, make_visit(tank.at(2)), by=tank.agronomist)

    with pytest.raises(UnknownCalibration):
        tank.desk.replace(made.calibration_id, make_visit(tank.at(1)), by=tank.agronomist)


def test_every_change_is_on_record_and_nothing_is_deleted(tank: Any, make_visit: Make):
    made = tank.desk.save("pi-17", make_visit(tank.at(3)), by=tank.agronomist)
    edited = tank.desk.replace(made.calibration_id, make_visit(tank.at(2)), by=tank.agronomist)
    tank.desk.void(edited.calibration_id, by=tank.agronomist)

    with tank.engine.connect() as connection:
        actions = connection.execute(text("SELECT actor, action FROM audit_log ORDER BY id")).all()
        versions = connection.scalar(text("SELECT count(*) FROM calibrations WHERE voided_at IS NOT NULL"))
    assert actions == [("sari", "calibrate"), ("sari", "edit-calibration"), ("sari", "void-calibration")]
    assert versions == 2


def test_only_the_stretch_that_a_change_affects_is_looked_at(tank: Any, make_visit: Make):
    tank.desk.save("pi-17", make_visit(tank.at(2), mid_mv=1510.0), by=tank.agronomist)
    tank.send(days=10)

    made = tank.desk.save("pi-17", make_visit(tank.at(4), mid_mv=1505.0), by=tank.agronomist)
    tank.repair()

    with tank.engine.connect() as connection:
        progress = connection.scalar(text("SELECT progress FROM jobs WHERE id = :id"), {"id": made.job_id})
    assert progress["read"] == progress["changed"] + 1 == 289  # two days at ten minutes, and the moment of the visit


def test_live_mode_ends_by_itself_and_at_once_when_asked(tank: Any):
    until = tank.desk.go_live("pi-17", by=tank.agronomist)
    with session_scope(tank.engine) as session:
        device = find_device(session, "pi-17")
    assert device is not None
    assert until - tank.now == timedelta(minutes=15)
    assert device.is_live(tank.now + timedelta(minutes=14))
    assert not device.is_live(tank.now + timedelta(minutes=15))

    tank.desk.end_live("pi-17", by=tank.agronomist)

    with session_scope(tank.engine) as session:
        assert not find_device(session, "pi-17").is_live(tank.now)  # type: ignore[union-attr]


def test_flags_of_repaired_values_are_those_of_the_values(tank: Any, make_visit: Make):
    made = tank.desk.save(
        "pi-17", make_visit(tank.at(3), low_mv=1700.0, mid_mv=1600.0, forced_reason="x"), by=tank.agronomist
    )
    tank.send(days=2, ph_mv=1800.0 + np.arange(288) % 7, ec_mv=1500.0 + np.arange(288) % 5, water_c=25.0)
    assert set(tank.readings()["quality"] & 15) == {3}  # pH 1: an electrode in a tank never reads that

    tank.desk.void(made.calibration_id, by=tank.agronomist)
    readings = tank.repair()

    assert set(readings["quality"] & 15) == {1}
    refresh_dirty_hours(tank.engine, now=tank.now)
    assert set(tank.readings()["quality"] & 15) == {1}


def test_readings_taken_while_probes_are_handled_stay_out_when_hours_are_computed_again(tank: Any):
    tank.desk.go_live("pi-17", by=tank.agronomist)
    with session_scope(tank.engine) as session:
        tank.device = find_device(session, "pi-17")

    tank.send(days=1 / 24, until=-0.001, ph=6.0 + np.arange(6) % 3 / 100, ec_us_cm=1400.0 + np.arange(6), water_c=22.0)
    refresh_dirty_hours(tank.engine, now=tank.now)

    readings = tank.readings()
    handled = readings.index >= tank.now
    assert set(readings["quality"][handled] & 15) == {3}
    assert set(readings["quality"][~handled] & 15) == {1}


def test_a_visit_to_one_probe_never_replaces_the_calibration_of_the_other(tank: Any, make_visit: Make):
    made = tank.desk.save("pi-17", make_visit(tank.at(3)), by=tank.agronomist)

    with pytest.raises(UnknownCalibration):
        tank.desk.replace(made.calibration_id, ec_visit(tank.at(3), 1413.0), by=tank.agronomist)

    assert [one.id for one in list_of(tank)] == [made.calibration_id]
