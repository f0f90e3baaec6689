"""Detected events against what the simulator knows was done to its tanks."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.assess import Surroundings, assess
from analytics.calibration import EcCalibration, PhCalibration, ec_from_mv, ph_from_mv
from analytics.events import EC_STEP, PH_STEP
from analytics.flags import CHANNELS, usable
from analytics.quantities import Medium
from app.demo.stream import SimulatorFailed, open_history
from app.jobs.events import events_of, excused, steps_in
from app.scoring.flags import Share
from models.write.events import EventRow

#: A detected event and a deed this close are the same.
_SAME_WITHIN = timedelta(minutes=30)
_DONE = ("dose", "top-up", "water-change", "acid")


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a tank: ``ec_us_cm`` is the EC found, the changes are those once mixed."""

    seed: int
    at: datetime
    kind: str
    ec_us_cm: float
    ec_change: float
    ph_change: float

    @property
    def is_visible(self) -> bool:
        """Tell whether it changed the water by as much as is looked for."""
        is_step = abs(self.ec_change) >= EC_STEP.at(self.ec_us_cm) or abs(self.ph_change) >= PH_STEP.absolute
        return bool(is_step)


@dataclass(frozen=True, slots=True)
class KindScore:
    """Deeds of one kind: all and the visible ones with those found, the found ones with those of the right kind.

    ``size_error`` is the median of what the found ones were mistaken by, in ``unit``; None where none was found.
    """

    done: Share
    visible: Share
    right_kind: Share
    size_error: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class EventScore:
    """``precision`` counts what was detected, agreed where something was done."""

    precision: Share
    kinds: dict[str, KindScore]

    def as_json(self) -> dict[str, Any]:
        """Give it as plain numbers."""
        return {
            "detected": self.precision.count,
            "precision": _rounded(self.precision.share),
            "kinds": {
                kind: {**asdict(one), "recall": _rounded(one.done.share), "recall_visible": _rounded(one.visible.share)}
                for kind, one in self.kinds.items()
            },
        }


def score_events(seeds: Sequence[int], *, start: datetime, end: datetime, every_s: int) -> EventScore:
    """Simulate these tanks over ``[start, end)``, detect as the server does, and compare with what was done.

    Raises
    ------
    SimulatorFailed
        If the simulator ends with an error.
    """
    found = {seed: _detect(readings, every_s) for seed, readings in _tanks(seeds, start, end, every_s)}
    deeds = _deeds(seeds, start, end)
    matches = [(deed, _nearest(deed, found.get(deed.seed, ()))) for deed in deeds]
    detected = sum(map(len, found.values()))
    by_seed = {seed: [deed.at for deed in deeds if deed.seed == seed] for seed in found}
    true = sum(any(_touches(event, at) for at in by_seed[seed]) for seed, events in found.items() for event in events)
    kinds = {kind: _score_kind([match for match in matches if match[0].kind == kind], kind) for kind in _DONE}
    return EventScore(Share(detected, true), kinds)


def _tanks(seeds: Sequence[int], start: datetime, end: datetime, every_s: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """Give the readings of one tank after the other, calibrated with what is true about its probes."""
    history = open_history(seeds, start=start, end=end, every_s=every_s)
    records = np.concatenate(list(history.records))
    for truth in history.truths:
        yield truth["seed"], _readings(records[records["seed"] == truth["seed"]], truth)


def _readings(records: npt.NDArray[Any], truth: dict[str, Any]) -> pd.DataFrame:
    index = pd.DatetimeIndex(pd.to_datetime(records["ts_ms"], unit="ms", utc=True)).as_unit("ms")
    ph_mv, ec_mv, water_c = (records[name] for name in ("ph_mv", "ec_mv", "water_c"))
    ph = ph_from_mv(ph_mv, water_c, PhCalibration(truth["ph7_mv"], truth["slope_mv_per_ph"]))
    ec = ec_from_mv(ec_mv, water_c, EcCalibration(truth["k_factor"], truth["alpha_per_c"]))
    columns = {"ph": ph, "ec_us_cm": ec, "water_c": water_c, "ph_mv": ph_mv, "ec_mv": ec_mv}
    return pd.DataFrame(columns, index=index)


def _detect(readings: pd.DataFrame, every_s: int) -> list[EventRow]:
    """Judge, find steps, judge again with them known, and tell the events: as the hours of a device are computed."""
    first = assess(readings, Medium.NUTRIENT, interval_s=every_s)
    values = first[[str(one) for one in CHANNELS]].assign(tests=first["tests"])
    steps = steps_in(values, Medium.NUTRIENT, interval_s=every_s)
    index = pd.DatetimeIndex(readings.index)
    around = Surroundings(near_event=excused(index, steps))
    judged = assess(readings, Medium.NUTRIENT, interval_s=every_s, surroundings=around)
    masks = {one: usable(judged[f"{one}_flag"]) & judged[one].notna().to_numpy() for one in CHANNELS}
    return events_of(steps, masks, index=index)


def _deeds(seeds: Sequence[int], start: datetime, end: datetime) -> list[Deed]:
    command = [sys.executable, "-m", "pi_reader", "events", "--seeds", f"{seeds[0]}..{seeds[-1]}"]
    command += ["--start", start.isoformat(), "--end", end.isoformat()]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SimulatorFailed(f"the simulator ended with status {process.returncode}: {process.stderr.strip()}")
    return [_deed(json.loads(line)) for line in process.stdout.splitlines()]


def _deed(fields: dict[str, Any]) -> Deed:
    at = datetime.fromtimestamp(fields["at_ms"] / 1000, UTC)
    return Deed(fields["seed"], at, fields["done"], fields["ec_us_cm"], fields["ec_change"], fields["ph_change"])


def _touches(event: EventRow, at: datetime) -> bool:
    return event.started_at - _SAME_WITHIN <= at <= (event.ended_at or event.started_at) + _SAME_WITHIN


def _nearest(deed: Deed, events: Sequence[EventRow]) -> EventRow | None:
    near = [event for event in events if _touches(event, deed.at)]
    return min(near, key=lambda event: abs(event.started_at - deed.at), default=None)


def _score_kind(matches: Sequence[tuple[Deed, EventRow | None]], kind: str) -> KindScore:
    found = [(deed, event) for deed, event in matches if event is not None]
    visible = [(deed, event) for deed, event in matches if deed.is_visible]
    name, unit = ("ph_change", "pH") if kind == "acid" else ("ec_change", "µS/cm")
    errors = [abs(event.details[name] - getattr(deed, name)) for deed, event in found if name in event.details]
    return KindScore(
        Share(len(matches), len(found)),
        Share(len(visible), sum(event is not None for _, event in visible)),
        Share(len(found), sum(event.kind == kind for _, event in found)),
        round(float(np.median(errors)), 3) if errors else None,
        unit,
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
