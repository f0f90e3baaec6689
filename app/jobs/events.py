"""Doses, top-ups, water changes, acid and base of a nutrient tank: found whenever its hours are computed.

Steps of EC and pH are looked for before readings are judged, because a dose is no reason to doubt a reading. Events
are told from them afterwards, when it is known which steps were a probe's fault.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.events import Event, EventKind, Steps, find_steps, near_event
from analytics.flags import CHANNELS, SINGLE_TESTS, Test, unpack_tests
from analytics.quantities import Medium, Quantity
from models.write.events import EventRow

BoolArray = npt.NDArray[np.bool_]

#: A reading may complete a water change that began so long ago: events from there on are told again.
LOOK_BACK = timedelta(hours=12)

_STEPPED = {EventKind.ACID: Quantity.PH, EventKind.BASE: Quantity.PH}
_SEARCHED = (Quantity.EC, Quantity.PH)
_MINUTE_MS = 60_000
# Below this there is no water at the probes.
_DRY_EC_US_CM = 30.0
# What one reading alone shows, and hands in the tank. Never the tests in time: they are to follow from the events.
_NOT_SEARCHED = np.uint16(SINGLE_TESTS | Test.SERVICE)
_AROUND_MS = 15 * _MINUTE_MS
_LEAST_SOUND = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def steps_in(frame: pd.DataFrame, medium: Medium, *, interval_s: float, apart_s: float = np.inf) -> Steps:
    """Find the steps of EC and pH in stored readings (``ph``, ``ec_us_cm``, ``tests``); natural water has none.

    Readings are averaged by the minute first: a dose takes minutes to mix, and a tank read every ten seconds then costs
    no more than one read every minute. A step of ``apart_s`` leads to another device.
    """
    if medium is not Medium.NUTRIENT:
        return Steps([], [], frame.index)
    is_dry = frame[Quantity.EC].to_numpy() < _DRY_EC_US_CM
    masks = dict(zip(CHANNELS, unpack_tests(frame["tests"]), strict=True))
    columns = {
        str(one): np.where(is_dry | ((masks[one] & _NOT_SEARCHED) != 0), np.nan, frame[one].to_numpy())
        for one in _SEARCHED
    }
    minutes = _by_minute(pd.DatetimeIndex(frame.index), columns)
    return find_steps(minutes, interval_s=max(interval_s, 60.0), apart_s=apart_s)


def excused(index: pd.DatetimeIndex, steps: Steps) -> BoolArray:
    """Mark the readings whose fast change is the work of a hand."""
    return near_event(index, steps.spans())


def events_of(steps: Steps, usable: Mapping[Quantity, BoolArray], *, index: pd.DatetimeIndex) -> list[EventRow]:
    """Give the events that the steps amount to.

    ``usable`` says, by quantity, which readings of ``index`` passed their tests: a step into or out of readings that
    did not is a probe's doing, and no event.
    """
    stamps = index.as_unit("ms").asi8
    found = ((event, usable[_STEPPED.get(event.kind, Quantity.EC)]) for event in steps.events())
    return [_row(event) for event, sound in found if _is_sound(stamps, sound, event)]


def _by_minute(index: pd.DatetimeIndex, columns: dict[str, npt.NDArray[np.float64]]) -> pd.DataFrame:
    """Average the readings of each minute, at the time of its first one."""
    minutes = index.as_unit("ms").asi8 // _MINUTE_MS
    first = np.flatnonzero(np.diff(minutes, prepend=-1))
    if first.size == minutes.size:
        return pd.DataFrame(columns, index=index)
    means = {}
    for name, values in columns.items():
        known = np.isfinite(values)
        counts = np.add.reduceat(known, first, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, values, 0.0), first)
        means[name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return pd.DataFrame(means, index=index[first])


def _is_sound(stamps: npt.NDArray[np.int64], usable: BoolArray, event: Event) -> bool:
    """Tell whether at least half of the readings on either side of an event passed their tests."""
    start, end = round(event.start_s * 1000), round(event.end_s * 1000)
    before = slice(np.searchsorted(stamps, start - _AROUND_MS), np.searchsorted(stamps, start, side="right"))
    after = slice(np.searchsorted(stamps, end), np.searchsorted(stamps, end + _AROUND_MS))
    return all(usable[side].size and usable[side].mean() >= _LEAST_SOUND for side in (before, after))


def _row(event: Event) -> EventRow:
    numbers = {
        "ec_change": (event.ec_change, 1),
        "ph_change": (event.ph_change, 3),
        "confidence": (event.confidence, 2),
    }
    details = {name: round(value, digits) for name, (value, digits) in numbers.items() if isfinite(value)}
    started_at, ended_at = (_EPOCH + timedelta(milliseconds=round(at * 1000)) for at in (event.start_s, event.end_s))
    return EventRow(str(event.kind).replace("_", "-"), started_at, ended_at, details)
