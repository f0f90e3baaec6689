"""What the readings and the calibrations say about the probes themselves."""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from analytics.compensation import Compensation, check_compensation
from analytics.probe_health import ProbeHealth, probe_health
from analytics.quantities import Quantity
from app.insights.findings import Check, Lack, Result, Urgency
from app.insights.scene import Scene

#: Below this slope (percent of the ideal) or beyond this offset an electrode is worth a thought; see calibration_fit.
AGEING_SLOPE_PERCENT = 90.0
AGEING_OFFSET_MV = 30.0
_ORDER_AHEAD = timedelta(days=30)
# A week shows the days as well as a fortnight, and forgets a repair sooner.
_COMPENSATION_OVER = timedelta(days=7)


def check_temperature(scene: Scene) -> Iterator[Result]:
    """Find EC that moves with the water temperature as only uncompensated, or doubly compensated, EC does."""
    since = scene.end - _COMPENSATION_OVER
    ec, water = (scene.hours.means(one).loc[since:] for one in (Quantity.EC, Quantity.WATER))
    for device_id in scene.asked:
        both = pd.DataFrame({"ec_us_cm": ec[device_id], "water_c": water[device_id]})
        said = check_compensation(both)
        given = (device_id, Check.TEMPERATURE, Quantity.EC)
        if said.verdict in (Compensation.UNCOMPENSATED, Compensation.TWICE):
            yield scene.found(*given, Urgency.SOON, said)
        elif said.verdict is Compensation.COMPENSATED:
            yield scene.fine(*given, said)
        else:
            yield scene.unknown(*given, _lack_of_swing(both, said.days))


def check_electrodes(scene: Scene) -> Iterator[Result]:
    """Find pH electrodes that are near their end, by their calibrations."""
    by_device = dict(iter(scene.electrodes.groupby("device_id")))
    for device_id in scene.asked:
        given = (device_id, Check.ELECTRODE, Quantity.PH)
        if device_id not in by_device:
            yield scene.unknown(*given, Lack.NO_CALIBRATION)
            continue
        health = probe_health(by_device[device_id].set_index("valid_from"))
        if _needs_attention(health, scene):
            yield scene.found(*given, Urgency.SOON, health)
        else:
            yield scene.fine(*given, health)


def _needs_attention(health: ProbeHealth, scene: Scene) -> bool:
    is_ageing = health.slope_percent < AGEING_SLOPE_PERCENT or abs(health.offset_mv) > AGEING_OFFSET_MV
    return is_ageing or (health.replace_by is not None and health.replace_by <= scene.end + _ORDER_AHEAD)


def _lack_of_swing(both: pd.DataFrame, days: float) -> Lack:
    if not both.notna().all(axis=1).any():
        return Lack.NO_READINGS
    return Lack.SHORT_HISTORY if days < 3 else Lack.STEADY_TEMPERATURE
