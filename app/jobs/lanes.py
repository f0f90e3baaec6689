"""Spans of many devices with their readings, laid one behind the other so that one calculation serves them all.

Each span lies in a lane of its own on a common line of time, shifted by whole days, so that hours, minutes and steps
stay what they are. Between two lanes lies more time than any of them lasts: whatever looks back or ahead can tell by
``apart_s`` that it looks at another device, and the result is that of every span alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS
from analytics.quantities import Medium, Quantity
from analytics.time_limits import TIME_LIMITS
from app.jobs.judging import COLUMNS, reach_of, resolutions
from app.jobs.spans import DAY, HOUR, LONGEST_HOLD, Span, sampling_interval_s
from app.jobs.summaries import PREFIXES
from models.read.devices import DeviceRecord
from models.read.readings import readings_frame
from models.read.recent import Readings, span_readings
from models.read.rollups import hours_frame

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Kind = tuple[Medium, float, tuple[float, ...]]

_RESOLUTION_LOOK_BACK = timedelta(days=30)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """A span of one device, with its readings and as much on both sides as its tests look at.

    ``wanted`` is what was asked for; ``span``, what is to be computed, reaches further where values are coarse.
    ``steps`` tell how the values are written, see :func:`app.jobs.judging.resolutions`.
    """

    device: DeviceRecord
    wanted: Span
    span: Span
    reach: timedelta
    readings: Readings
    steps: Mapping[Quantity, float]

    @property
    def ts_ms(self) -> IntArray:
        """The times of its readings."""
        return self.readings["ts_ms"]

    @property
    def whole(self) -> Span:
        """All of it, context included."""
        return Span(self.span.start - self.reach, self.span.end + LONGEST_HOLD)

    @property
    def kind(self) -> Kind:
        """What thresholds depend on; lanes of one kind can be judged together."""
        medium = Medium(self.device.medium)
        steps = tuple(_step_that_counts(self.steps[one], one, medium) for one in CHANNELS)
        return medium, sampling_interval_s(self.ts_ms, self.device.interval_s), steps

    def rows(self, start: datetime, end: datetime) -> slice:
        """Give where its readings of ``[start, end)`` are."""
        first, last = np.searchsorted(self.ts_ms, [_ms(start), _ms(end)]).tolist()
        return slice(first, last)


def read_lanes(session: Session, wanted: Sequence[tuple[DeviceRecord, Span]]) -> list[Lane]:
    """Read spans with the context that their tests need; coarsely written values need more, on both sides."""
    reaches = [reach_of(Medium(device.medium), {}) for device, _ in wanted]
    asked = [
        (device.id, span.start - reach, span.end + LONGEST_HOLD)
        for (device, span), reach in zip(wanted, reaches, strict=True)
    ]
    lanes = [
        Lane(device, span, span, reach, readings, resolutions(readings))
        for (device, span), reach, readings in zip(wanted, reaches, span_readings(session, asked, COLUMNS), strict=True)
    ]
    return [
        _extended(session, lane) if reach_of(Medium(lane.device.medium), lane.steps) > lane.reach else lane
        for lane in lanes
    ]


def alike(lanes: Sequence[Lane]) -> list[tuple[Kind, list[Lane]]]:
    """Group lanes that can be judged together."""
    groups: dict[Kind, list[Lane]] = {}
    for lane in lanes:
        groups.setdefault(lane.kind, []).append(lane)
    return list(groups.items())


@dataclass(frozen=True, eq=False)
class Line:
    """Lanes one behind the other: lane ``k`` has the rows ``edges[k]:edges[k + 1]``, so much later than in truth."""

    lanes: Sequence[Lane]
    edges: IntArray
    later_ms: IntArray
    #: No step within a lane is so long, and none between two is shorter.
    apart_ms: float

    @classmethod
    def of(cls, lanes: Sequence[Lane]) -> Self:
        """Lay out lanes in the order given."""
        longest = max(lane.whole.end - lane.whole.start for lane in lanes)
        apart = longest + DAY
        free, later = lanes[0].whole.start, []
        for lane in lanes:
            later.append(-((lane.whole.start - free) // DAY) * _DAY_MS)
            # An hour more than told, so that no rounding of seconds makes a step look shorter.
            free = lane.whole.end + timedelta(milliseconds=later[-1]) + apart + HOUR
        edges = np.cumsum([0, *(lane.ts_ms.size for lane in lanes)])
        return cls(lanes, edges, np.array(later, dtype=np.int64), apart / timedelta(milliseconds=1))

    @property
    def apart_s(self) -> float:
        """The same in seconds."""
        return self.apart_ms / 1000

    @property
    def stamps_ms(self) -> IntArray:
        """The times of all readings on the line."""
        return np.concatenate([lane.ts_ms + later for lane, later in zip(self.lanes, self.later_ms, strict=True)])

    @property
    def frame(self) -> pd.DataFrame:
        """All readings, indexed by their time on the line."""
        columns = {name: np.concatenate([lane.readings[name] for lane in self.lanes]) for name in COLUMNS}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.stamps_ms.view("M8[ms]"), tz="UTC"))

    def each(self) -> Iterator[tuple[Lane, int, int]]:
        """Give every lane with its first row and the number of milliseconds it is laid later."""
        yield from zip(self.lanes, self.edges[:-1].tolist(), self.later_ms.tolist(), strict=True)

    def ends_ms(self) -> IntArray:
        """Give where on the line each lane ends."""
        return np.array([_ms(lane.whole.end) for lane in self.lanes], dtype=np.int64) + self.later_ms

    def inside(self) -> BoolArray:
        """Mark the readings of the spans themselves, without their context."""
        inside = np.zeros(self.edges[-1], dtype=bool)
        for lane, first, _ in self.each():
            rows = lane.rows(lane.span.start, lane.span.end)
            inside[first + rows.start : first + rows.stop] = True
        return inside

    def back(self, hours_ms: IntArray) -> tuple[IntArray, IntArray, BoolArray]:
        """Give device and own time of full hours on the line, and whether they belong to what is to be computed."""
        number = np.searchsorted(self.ends_ms(), hours_ms, side="left")
        own_ms = hours_ms - self.later_ms[number]
        ids = np.array([lane.device.id for lane in self.lanes], dtype=np.int64)
        edges = np.array([(_ms(lane.span.start), _ms(lane.span.end)) for lane in self.lanes], dtype=np.int64)
        start, end = edges[number].T
        return ids[number], own_ms, (own_ms >= start) & (own_ms < end)


def _extended(session: Session, lane: Lane) -> Lane:
    """Read more of a device whose values are coarse, and look longer at how they are written."""
    device, medium, span = lane.device, Medium(lane.device.medium), lane.wanted
    extremes = _extremes(session, device, span.start - _RESOLUTION_LOOK_BACK, span.end)
    steps = resolutions(lane.readings, extremes)
    reach = reach_of(medium, steps)
    span = Span(span.start, span.end + (reach - lane.reach))
    frame = readings_frame(session, device.id, span.start - reach, span.end + LONGEST_HOLD, COLUMNS)
    readings = {"ts_ms": pd.DatetimeIndex(frame.index).asi8, **{name: frame[name].to_numpy() for name in COLUMNS}}
    return Lane(device, lane.wanted, span, reach, readings, steps)


def _extremes(session: Session, device: DeviceRecord, start: datetime, end: datetime) -> pd.DataFrame:
    names = {f"{prefix}_{edge}": f"{one}_{edge}" for one, prefix in PREFIXES.items() for edge in ("min", "max")}
    return hours_frame(session, [device.id], start, end, list(names)).rename(columns=names)


def _step_that_counts(step: float, quantity: Quantity, medium: Medium) -> float:
    """Give a step by which limits differ: values written more finely than the limits ask for are all alike."""
    return max(step, TIME_LIMITS[quantity, medium].flat.resolution) if step > 0 else 0.0


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
