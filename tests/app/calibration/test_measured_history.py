"""The two histories of a corrected device, as the device page and its file show them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.jobs.rollups import refresh_dirty_hours
from app.pages.device.period import Level, Period
from app.pages.device.source import DatabaseDevices


@pytest.mark.parametrize("level", [Level.HOURS, Level.DAYS])
def test_the_measured_history_is_summed_up_from_what_was_first_derived(
    tank: Any, make_visit: Callable[..., Any], level: Level
):
    lively = np.arange(576) * 7919 % 101 / 101 - 0.5
    tank.send(days=4, ph_mv=1677.5 + 4 * lively, ec_mv=1500.0 + 8 * lively, water_c=25.0)
    refresh_dirty_hours(tank.engine, now=tank.now)
    source = DatabaseDevices(tank.engine, lambda: tank.now)
    period = Period(tank.at(3).replace(hour=0, minute=0), tank.at(1).replace(hour=0, minute=0))
    before = source.rollups(tank.device.id, period, level)
    assert not source.is_corrected(tank.device.id)

    # 17.75 mV at pH 7 are a tenth of a pH.
    tank.desk.save("pi-17", make_visit(tank.at(10), low_mv=2050.15, mid_mv=1517.75), by=tank.agronomist)
    tank.repair()
    refresh_dirty_hours(tank.engine, now=tank.now)

    assert source.is_corrected(tank.device.id)
    measured, corrected = (one.rollups(tank.device.id, period, level) for one in (source.measured(), source))
    assert measured["ph_sum"].tolist() == pytest.approx(before["ph_sum"].tolist())
    shift = (corrected["ph_sum"] / corrected["ph_n"]).to_numpy() - (before["ph_sum"] / before["ph_n"]).to_numpy()
    assert shift == pytest.approx(0.1, abs=2e-3)
    readings = source.measured().readings(tank.device.id, period)
    assert readings["ph"].mean() == pytest.approx(6.0, abs=1e-3)
    assert [mark.technician for mark in source.calibrations(tank.device.id, Period(tank.at(11), tank.at(9)))] == [
        "sari"
    ]
