"""What people did to a tank, read off its EC and pH: doses, top-ups, water changes, acid and base.

A step is found where the median of the next 15 minutes differs from that of the last 15 by more than the signal
ever wanders. Windows are at least three intervals wide, so slower loggers work too, only less sharply.
"""

from dataclasses import astuple, dataclass, replace
from enum import StrEnum, unique

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.time_limits import Size
from analytics.time_tests import first_of_series
from analytics.times import index_from_ns, utc_ns

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EC_STEP = Size(25.0, 0.03)
PH_STEP = Size(0.15)
_WINDOW_S = 900.0
# Fewer readings than this show no level.
_FEWEST = 6
_NOISE_LAG_S = 300.0
_NOISE_FACTOR = 8.0
# The wandering is measured anew every hour, over the hour and the eleven before it: a threshold then depends on what
# was near, not on how much history happens to be at hand.
_NOISE_HOURS = 12
_HOUR_S = 3600.0
# A pH step this close to an EC step belongs to it: nutrient concentrates are acid.
_TOGETHER_S = 1800.0
# After a drop to below this share of the EC the tank was emptied; refilling to strength takes up to half a day.
_EMPTIED_SHARE = 0.5
_REFILL_S = 12 * 3600.0


@unique
class EventKind(StrEnum):
    """What was done, as far as EC and pH can tell."""

    DOSE = "dose"
    TOP_UP = "top_up"
    WATER_CHANGE = "water_change"
    ACID = "acid"
    BASE = "base"


_COLUMNS = ("kind", "start_at", "end_at", "ec_change", "ph_change", "confidence")


def detect_events(readings: pd.DataFrame, *, interval_s: float) -> pd.DataFrame:
    """Find doses, top-ups, water changes and acid or base additions.

    Parameters
    ----------
    readings
        Shape (n, columns). Index: increasing, timezone-aware ``DatetimeIndex``. Columns ``ec_us_cm`` and ``ph``,
        each optional; NaN for what is missing, suspect or failed.
    interval_s
        The device's sampling interval in seconds.

    Returns
    -------
    DataFrame in time order, one row per event: ``kind`` (:class:`EventKind`), ``start_at`` and ``end_at`` (aware,
    zone of the index), ``ec_change`` in µS/cm and ``ph_change`` (NaN where that quantity did not step) and
    ``confidence`` from 0.5 (just above the threshold) towards 1: ``1 - threshold / (2 |step|)``, a score and not
    a probability. Thresholds: EC 25 µS/cm or 3 %, pH 0.15, and 8 times the MAD of the signal's 5-minute steps.
    """
    return find_steps(readings, interval_s=interval_s).table()


def find_steps(readings: pd.DataFrame, *, interval_s: float, apart_s: float = np.inf) -> "Steps":
    """Find the changes of level that events are made of; parameters as for :func:`detect_events`.

    What is found around a moment depends on the 12 h before it and on one window (15 minutes or three intervals) after
    it, so a piece of a history with so much context gives the same steps as the whole. Several devices may be laid one
    behind the other, with a step of ``apart_s`` or longer, more than a day, between them: see :meth:`Steps.of_series`.
    """
    at = utc_ns(readings.index) / 1e9
    pace = _Pace(interval_s, apart_s)
    ec = _find_steps(at, _values(readings, "ec_us_cm"), EC_STEP, pace)
    ph = _find_steps(at, _values(readings, "ph"), PH_STEP, pace)
    return Steps(ec, ph, readings.index)


def near_event(index: pd.DatetimeIndex, events: pd.DataFrame, *, within: str = "30min") -> npt.NDArray[np.bool_]:
    """Mark the stamps from an event's start until ``within`` after its end, where fast changes are no fault.

    ``events`` needs ``start_at`` and ``end_at`` only, so it may also be the spans of :meth:`Steps.spans`.
    """
    stamps = utc_ns(index)
    near = np.zeros(stamps.size, dtype=bool)
    starts, ends = (pd.DatetimeIndex(events[name]).as_unit("ns").asi8 for name in ("start_at", "end_at"))
    firsts = np.searchsorted(stamps, starts)
    lasts = np.searchsorted(stamps, ends + pd.Timedelta(within).value, side="right")
    for first, last in zip(firsts, lasts, strict=True):
        near[first:last] = True
    return near


@dataclass(frozen=True, slots=True)
class _Pace:
    """How often a device is read, and the shortest step from one device's readings to another's."""

    interval_s: float
    apart_s: float


@dataclass(frozen=True, slots=True)
class _Step:
    """A change of level; ``before`` is the level it started from. It can be told from ``first_s`` until ``last_s``."""

    first_s: float
    start_s: float
    end_s: float
    last_s: float
    before: float
    change: float
    confidence: float

    def earlier(self, by_s: float) -> "_Step":
        """Give the same step, so many seconds before."""
        times = {name: getattr(self, name) - by_s for name in ("first_s", "start_s", "end_s", "last_s")}
        return replace(self, **times)


@dataclass(frozen=True, slots=True)
class Event:
    """One event, a row of the table of :func:`detect_events`; times in seconds since 1970."""

    kind: EventKind
    start_s: float
    end_s: float
    ec_change: float
    ph_change: float
    confidence: float


@dataclass(frozen=True)
class Steps:
    """Changes of level of EC and of pH, each in time order; ``index`` is that of the readings."""

    ec: list[_Step]
    ph: list[_Step]
    index: pd.Index

    def of_series(self, first_s: float, last_s: float, *, earlier_s: float, index: pd.Index) -> "Steps":
        """Give the steps in ``[first_s, last_s]``, where one of several series was laid, in that series' own time.

        That is ``earlier_s`` earlier; ``index`` is that of the series.
        """
        ec, ph = (
            [step.earlier(earlier_s) for step in steps if first_s <= step.first_s <= last_s]
            for steps in (self.ec, self.ph)
        )
        return Steps(ec, ph, index)

    def spans(self) -> pd.DataFrame:
        """Give when the level was changing, one row per step: ``start_at`` and ``end_at``, for :func:`near_event`."""
        steps = [*self.ec, *self.ph]
        first, last = [step.first_s for step in steps], [step.last_s for step in steps]
        return pd.DataFrame({"start_at": _times(first, self.index), "end_at": _times(last, self.index)})

    def events(self) -> list[Event]:
        """Give the events that the steps amount to, in time order."""
        of_ec = [
            Event(_kind_of_ec(step), step.start_s, step.end_s, step.change, np.nan, step.confidence) for step in self.ec
        ]
        events = _with_ph(_with_water_changes(of_ec, self.ec), self.ph)
        return sorted(events, key=lambda event: event.start_s)

    def table(self) -> pd.DataFrame:
        """Give the events as :func:`detect_events` describes them."""
        table = pd.DataFrame([astuple(event) for event in self.events()], columns=list(_COLUMNS))
        return table.assign(**{name: _times(table[name].tolist(), self.index) for name in ("start_at", "end_at")})


def _times(seconds: list[float], like: pd.Index) -> pd.DatetimeIndex:
    nanoseconds = np.rint(np.asarray(seconds, dtype=np.float64) * 1000).astype(np.int64) * 1_000_000
    return index_from_ns(nanoseconds, like).rename(None)


def _of_long_series(at: FloatArray, values: FloatArray, apart_s: float) -> npt.NDArray[np.bool_]:
    """Mark the finite values of series that hold enough of them to show a level."""
    kept = np.isfinite(values)
    first = first_of_series(at[kept], apart_s)
    _, series, sizes = np.unique(first, return_inverse=True, return_counts=True)
    kept[kept] = (sizes >= _FEWEST)[series]
    return kept


def _find_steps(at: FloatArray, values: FloatArray, least: Size, pace: _Pace) -> list[_Step]:
    kept = _of_long_series(at, values, pace.apart_s)
    at, values = at[kept], values[kept]
    if not values.size:
        return []
    window_s = max(_WINDOW_S, 3 * pace.interval_s)
    places = _places_of_range(at, values, least.absolute, window_s)
    if not places.size:
        return []
    before, after = _medians_around(at, values, places, window_s)
    threshold = np.maximum(least.at(before), _NOISE_FACTOR * _step_noise(at, values, places, pace))
    jump = after - before
    found = (np.abs(jump) >= threshold) & (np.diff(at) <= window_s)
    return [
        _step(at, before, after, threshold, group)
        for group in _groups(at, np.where(found, np.sign(jump), 0.0), window_s)
    ]


def _places_of_range(at: FloatArray, values: FloatArray, least: float, window_s: float) -> IntArray:
    """Give the readings around which the values reach over ``least`` or more; elsewhere no level can step so far.

    A place is a reading that has a next one. Looked at are blocks of one window each: that of the reading, the one
    before and the two after it, which hold all readings of the windows before it and after the next one.
    """
    first = np.flatnonzero(np.diff(at // window_s, prepend=-np.inf))
    lows, highs = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    near = np.clip(np.arange(first.size)[:, None] + [-1, 0, 1, 2], 0, first.size - 1)
    is_wide = highs[near].max(axis=1) - lows[near].min(axis=1) >= least
    return np.flatnonzero(np.repeat(is_wide, np.diff(first, append=at.size))[:-1])


def _medians_around(
    at: FloatArray, values: FloatArray, places: IntArray, window_s: float
) -> tuple[FloatArray, FloatArray]:
    """Give, between the reading at each of some places and the next, the medians of the windows before and after.

    Both have a row for every reading but the last, NaN elsewhere. Windows of fewer than two readings give NaN, too: one
    reading is no level.
    """
    in_window = _within(at, at[places] - window_s, at[places + 1] + window_s)
    width, row = pd.Timedelta(seconds=window_s), np.cumsum(in_window) - 1
    near, kept = at[in_window], values[in_window]
    forward = pd.Series(kept, index=pd.to_datetime(np.rint(near * 1e3), unit="ms"))
    backward = pd.Series(kept[::-1], index=pd.to_datetime(np.rint((at[-1] - near[::-1]) * 1e3), unit="ms"))
    before, after = np.full((2, at.size - 1), np.nan)
    before[places] = forward.rolling(width, min_periods=2).median().to_numpy()[row[places]]
    after[places] = backward.rolling(width, min_periods=2).median().to_numpy()[::-1][row[places + 1]]
    return before, after


def _within(at: FloatArray, starts: FloatArray, ends: FloatArray) -> npt.NDArray[np.bool_]:
    """Mark the readings inside of any of some spans, to the second on either side."""
    edges = np.zeros(at.size + 1, dtype=np.int64)
    np.add.at(edges, np.searchsorted(at, starts - 1.0), 1)
    np.add.at(edges, np.searchsorted(at, ends + 1.0), -1)
    return np.asarray(np.cumsum(edges)[:-1] > 0)


def _step_noise(at: FloatArray, values: FloatArray, places: IntArray, pace: _Pace) -> FloatArray:
    """Give the MAD of the changes over five minutes (or one interval) in the hours around the readings at some places.

    It has a row for every reading but the last, NaN elsewhere.
    """
    later = np.searchsorted(at, at + max(_NOISE_LAG_S, pace.interval_s) - 0.5 * pace.interval_s)
    first = first_of_series(at, pace.apart_s)
    # The first reading of another series says nothing of this one.
    known = (later < at.size) & (first[np.minimum(later, at.size - 1)] == first)
    steps, ended = values[later[known]] - values[known], at[later[known]]
    hours, place = np.unique(at[places] // _HOUR_S, return_inverse=True)
    first, last = (
        np.searchsorted(ended, edge) for edge in ((hours + 1 - _NOISE_HOURS) * _HOUR_S, (hours + 1) * _HOUR_S)
    )
    mads = np.array([_mad(steps[start:end]) for start, end in zip(first, last, strict=True)])
    noise = np.full(at.size - 1, np.nan)
    noise[places] = mads[place]
    return noise


def _mad(values: FloatArray) -> float:
    return _median(np.abs(values - _median(values))) if values.size else 0.0


def _median(values: FloatArray) -> float:
    """Give the median of a few finite values; ``np.median`` spends ten times as long on its preparations."""
    ordered = values.copy()
    ordered.sort()
    middle = values.size // 2
    return float((ordered[middle] + ordered[~middle]) / 2)


def _groups(at: FloatArray, sign: FloatArray, window_s: float) -> list[IntArray]:
    """Gather positions of one sign that follow each other within the window: they are one step seen repeatedly."""
    positions = np.flatnonzero(sign)
    if not positions.size:
        return []
    apart = (np.diff(at[positions]) > window_s) | (np.diff(sign[positions]) != 0)
    return np.split(positions, np.flatnonzero(apart) + 1)


def _step(at: FloatArray, before: FloatArray, after: FloatArray, threshold: FloatArray, group: IntArray) -> _Step:
    """Measure one step from the level before its first sign to the level after its last."""
    jump = np.abs(after - before)[group]
    core = group[jump >= 0.5 * jump.max()]
    change = float(after[core[-1]] - before[core[0]])
    peak = group[np.argmax(jump)]
    size = max(abs(change), float(jump.max()))
    confidence = 1 - threshold[peak] / (2 * size)
    first, start, end, last = at[[group[0], core[0], core[-1] + 1, group[-1] + 1]].tolist()
    return _Step(first, start, end, last, float(before[core[0]]), change, float(confidence))


def _kind_of_ec(step: _Step) -> EventKind:
    if step.change > 0:
        return EventKind.DOSE
    return EventKind.WATER_CHANGE if step.before + step.change < _EMPTIED_SHARE * step.before else EventKind.TOP_UP


def _with_water_changes(events: list[Event], steps: list[_Step]) -> list[Event]:
    """Let an emptying take in the rises that refill the tank; its change is then the net one."""
    merged: list[Event] = []
    emptied_s = -np.inf
    for event, step in zip(events, steps, strict=True):
        last = merged[-1] if merged else None
        is_refill = step.change > 0 and step.start_s - emptied_s <= _REFILL_S
        if last is None or last.kind is not EventKind.WATER_CHANGE or not is_refill:
            merged.append(event)
            emptied_s = step.end_s if event.kind is EventKind.WATER_CHANGE else emptied_s
            continue
        confidence = max(last.confidence, event.confidence)
        merged[-1] = Event(last.kind, last.start_s, event.end_s, last.ec_change + event.ec_change, np.nan, confidence)
    return merged


def _with_ph(events: list[Event], steps: list[_Step]) -> list[Event]:
    """Attach pH steps to the EC events they accompany; the others are acid or base."""
    combined = list(events)
    for step in steps:
        host = next(
            (
                number
                for number, event in enumerate(combined)
                if event.kind not in (EventKind.ACID, EventKind.BASE)
                and event.start_s - _TOGETHER_S <= step.start_s <= event.end_s + _TOGETHER_S
            ),
            None,
        )
        if host is None:
            kind = EventKind.BASE if step.change > 0 else EventKind.ACID
            combined.append(Event(kind, step.start_s, step.end_s, np.nan, step.change, step.confidence))
            continue
        event = combined[host]
        change = step.change + (0.0 if np.isnan(event.ph_change) else event.ph_change)
        combined[host] = Event(event.kind, event.start_s, event.end_s, event.ec_change, change, event.confidence)
    return combined


def _values(readings: pd.DataFrame, name: str) -> FloatArray:
    return readings[name].to_numpy(dtype=np.float64) if name in readings else np.full(len(readings), np.nan)
