"""Fill an empty database with the demo fleet and its history, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.demo.mistake import SEED, install_mistake
from app.demo.plan import (
    LEAN,
    PPM_SCALE,
    RECIPE_SOURCE,
    RICH,
    SITES,
    TIME_ZONE,
    DemoDevice,
    Recipe,
    crop_for,
    demo_devices,
)
from app.demo.stream import History, open_history
from ingest_api.intake import derive
from ingest_api.sent import SentReadings
from models.read.devices import DeviceRecord
from models.write.calibrations import add_calibration
from models.write.devices import ensure_site, plant, register_device
from models.write.readings import bulk_load
from models.write.targets import set_target

_STAGE = "adult"
#: Leafy crops count as full-grown from the 21st day after transplanting.
_FULL_GROWN_DAYS = 22
#: The technician's last round took 20 days and ended two days ago; one tank of 25 was left out, and is due.
_ROUND_DAYS, _FIRST_OF_ROUND_DAYS, _LEFT_OUT_EVERY = 20, 2, 25
#: Simulators that run side by side.
_SIMULATORS = 2
Progress = Callable[[int], None]


def load_fleet(
    session: Session, count: int, *, days: int, every_s: int, now: datetime, progress: Progress
) -> list[DeviceRecord]:
    """Register ``count`` devices and load ``days`` of readings, one every ``every_s`` seconds.

    That is their usual interval from then on; live readings that come more often make no gaps of the history. The
    millivolts come from the simulator's process and take the ordinary way through calibration and flags.
    ``progress`` is told how many readings were added.
    """
    start = (now - timedelta(days=days)).replace(second=0, microsecond=0)
    for site in SITES:
        ensure_site(session, site, time_zone=TIME_ZONE, ppm_scale=PPM_SCALE)
    for recipe in (LEAN, RICH):
        _set_targets(session, recipe, valid_from=start)
    plan = demo_devices(count)
    records = [_register(session, device, start=start, interval_s=every_s) for device in plan]
    by_seed = {device.seed: record for device, record in zip(plan, records, strict=True)}
    histories = [open_history(seeds, start=start, end=now, every_s=every_s) for seeds in _shares(count)]
    for history in histories:
        _plant(session, history, by_seed, start=start)
        _install_calibrations(session, history, by_seed, start=start, now=now)
        for truth in history.truths:
            if truth["seed"] == SEED:
                install_mistake(session, by_seed[SEED], truth, start=start, now=now)
    for block in _alternate(histories):
        _load_block(session, block, by_seed, now=now)
        progress(len(block))
    return records


def _register(session: Session, device: DemoDevice, *, start: datetime, interval_s: int) -> DeviceRecord:
    return register_device(
        session,
        device.name,
        site=device.site,
        zone=device.zone,
        origin="demo",
        interval_s=interval_s,
        tank_volume_l=device.tank_volume_l,
        now=start,
    )


def _set_targets(session: Session, recipe: Recipe, *, valid_from: datetime) -> None:
    """Set the grower's bands for full-grown plants in place of the published ones, which differ by a factor of two."""
    bands = {"ph": recipe.ph, "ec_us_cm": recipe.ec_us_cm, "water_c": recipe.water_c}
    for crop in set(recipe.crops):
        for quantity, band in bands.items():
            set_target(session, crop, _STAGE, quantity, band, source=RECIPE_SOURCE, valid_from=valid_from)


def _plant(session: Session, history: History, devices: dict[int, DeviceRecord], *, start: datetime) -> None:
    """Let each tank grow what its water suits, full-grown since the history begins."""
    transplanted = (start - timedelta(days=_FULL_GROWN_DAYS)).date()
    for truth in history.truths:
        crop = crop_for(truth["seed"], truth["ec_target_us_cm"])
        plant(session, devices[truth["seed"]].id, crop, started_at=start, transplanted_on=transplanted)


def _shares(count: int) -> list[range]:
    """Cut the seeds ``1..count`` into consecutive shares, one for each simulator."""
    size = -(-count // _SIMULATORS)
    return [range(first, min(first + size, count + 1)) for first in range(1, count + 1, size)]


def _install_calibrations(
    session: Session, history: History, devices: dict[int, DeviceRecord], *, start: datetime, now: datetime
) -> None:
    """Install what a technician found out about each tank's probes, at the start and on the last round."""
    for truth in history.truths:
        seed, device = truth["seed"], devices[truth["seed"]]
        ph = {"ph7_mv": truth["ph7_mv"], "slope_mv_per_ph": truth["slope_mv_per_ph"], "temperature_c": 25.0}
        ec = {"k_factor": truth["k_factor"], "alpha": truth["alpha_per_c"]}
        for at in (start, *last_round(seed, start=start, now=now)):
            # Nobody has looked at the pH of this tank since the mistake that is to be put right there.
            if seed != SEED or at == start:
                add_calibration(session, device.id, "ph", "two-point", ph, valid_from=at)
            add_calibration(session, device.id, "ec_us_cm", "one-point", ec, valid_from=at)


def last_round(seed: int, *, start: datetime, now: datetime) -> Iterator[datetime]:
    """Give when a technician last checked a tank's probes, if that was after ``start``; some tanks were left out."""
    at = now - timedelta(days=_FIRST_OF_ROUND_DAYS + seed % _ROUND_DAYS)
    if seed % _LEFT_OUT_EVERY and at > start:
        yield at.replace(second=0, microsecond=0)


def _alternate(histories: Sequence[History]) -> Iterator[npt.NDArray[Any]]:
    """Take a block of each stream in turn, so that no simulator waits for another."""
    for blocks in zip_longest(*(history.records for history in histories)):
        yield from (block for block in blocks if block is not None)


def _load_block(session: Session, block: npt.NDArray[Any], devices: dict[int, DeviceRecord], *, now: datetime) -> None:
    ids = np.zeros(max(devices) + 1, dtype=np.int64)
    for seed, record in devices.items():
        ids[seed] = record.id
    sent = SentReadings.of(
        device_id=ids[block["seed"]],
        ts_ms=block["ts_ms"],
        ph_mv=block["ph_mv"],
        ec_mv=block["ec_mv"],
        water_c=block["water_c"],
    )
    bulk_load(session, derive(session, {record.id: record for record in devices.values()}, sent), now=now)
