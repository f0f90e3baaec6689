"""One tank against the others of its crop and stage: the wrong ppm scale, a probe that creeps, a value on its own."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from analytics.cohort import MIN_MEMBERS, cohort_residuals, left_the_fleet, slow_drifts
from analytics.quantities import Quantity
from analytics.scale_check import levels_agree, wrong_scales
from app.insights.findings import Apart, Check, Creep, Lack, OtherScale, Result, Urgency
from app.insights.scene import Scene

#: Two probes that are dosed every week wander for days; only what goes on for longer is a drift.
FEWEST_DAYS = 10
_LEVEL_OVER = timedelta(days=1)
_APART_OVER = timedelta(hours=24)
# The newest hour may still be empty.
_NEWEST_HOURS = 3
_COMPARED = (Quantity.PH, Quantity.EC)


def check_scales(scene: Scene) -> Iterator[Result]:
    """Find tanks whose EC of the last day is that of their peers times the ratio of two ppm scales."""
    recent = scene.hours.means(Quantity.EC).loc[scene.end - _LEVEL_OVER :]
    for members in scene.cohorts():
        levels = recent[members].median()
        known = int(levels.notna().sum())
        wrong: dict[Any, Any] = wrong_scales(levels).to_dict("index")
        for device_id in _asked(scene, members):
            if device_id in wrong:
                evidence = OtherScale(float(levels[device_id]), peers=known - 1, **wrong[device_id])
                yield scene.found(device_id, Check.SCALE, Quantity.EC, Urgency.TODAY, evidence)
                continue
            lack = _lack_of_peers(recent, device_id, known) or (None if levels_agree(levels) else Lack.PEERS_DISAGREE)
            yield _fine_or(scene, device_id, Check.SCALE, Quantity.EC, lack)
    yield from (scene.unknown(one, Check.SCALE, Quantity.EC, Lack.NO_CROP) for one in scene.loners())


def check_peers(scene: Scene) -> Iterator[Result]:
    """Find probes that creep away from their peers over two weeks, and values that stand apart from them now."""
    for quantity in _COMPARED:
        means = scene.hours.means(quantity)
        for members in scene.cohorts():
            yield from _check_cohort(scene, quantity, means[members])
        yield from (scene.unknown(one, Check.PEERS, quantity, Lack.NO_CROP) for one in scene.loners())


def _check_cohort(scene: Scene, quantity: Quantity, values: pd.DataFrame) -> Iterator[Result]:
    asked = _asked(scene, [int(str(one)) for one in values.columns])
    known = int(values.notna().any().sum())
    if known < MIN_MEMBERS:
        yield from (scene.unknown(one, Check.PEERS, quantity, Lack.FEW_PEERS) for one in asked)
        return
    drifts: dict[Any, Any] = slow_drifts(values, quantity, devices=asked).to_dict("index")
    recent = values.loc[scene.end - _APART_OVER :]
    apart = left_the_fleet(recent, quantity).iloc[-_NEWEST_HOURS:].any()
    residuals = cohort_residuals(recent).ffill(limit=_NEWEST_HOURS).iloc[-1]
    for device_id in asked:
        drift = drifts[device_id]
        if drift["drifting"] and drift["days"] >= FEWEST_DAYS:
            creep = Creep(
                **{name: drift[name] for name in ("per_day", "low", "high", "total", "days")}, peers=known - 1
            )
            yield scene.found(device_id, Check.PEERS, quantity, Urgency.SOON, creep)
        elif apart[device_id] and np.isfinite(residuals[device_id]):
            newest = float(recent[device_id].dropna().iloc[-1])
            evidence = Apart(newest, float(residuals[device_id]), known - 1)
            yield scene.found(device_id, Check.PEERS, quantity, Urgency.TODAY, evidence)
        else:
            short = Lack.SHORT_HISTORY if drift["days"] < FEWEST_DAYS else None
            lack = _lack_of_peers(values, device_id, known) or short
            yield _fine_or(scene, device_id, Check.PEERS, quantity, lack)


def _lack_of_peers(values: pd.DataFrame, device_id: int, known: int) -> Lack | None:
    if not values[device_id].notna().any():
        return Lack.NO_READINGS
    return Lack.FEW_PEERS if known < MIN_MEMBERS else None


def _fine_or(scene: Scene, device_id: int, check: Check, quantity: Quantity, lack: Lack | None) -> Result:
    if lack is None:
        return scene.fine(device_id, check, quantity)
    return scene.unknown(device_id, check, quantity, lack)


def _asked(scene: Scene, members: Sequence[int]) -> list[int]:
    wanted = set(scene.asked)
    return [int(one) for one in members if one in wanted]
