"""Readings of many devices judged by their neighbours in time, and what people did to the tanks, told from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from analytics.events import Steps
from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.quantities import Quantity
from app.jobs.events import events_of, excused, steps_in
from app.jobs.judging import judge, mark_gaps
from app.jobs.lanes import Kind, Lane, Line
from app.jobs.neighbours import Nearest
from models.read.overrides import OverrideRow, override_rows
from models.read.recent import devices_with_overrides
from models.write.events import EventRow

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class JudgedLanes:
    """Lanes of one kind, their flags brought up to date; arrays have a row per reading of the line.

    ``differs`` marks what is not stored like that yet; outside of the spans ``quality`` is what is stored.
    """

    line: Line
    interval_s: float
    frame: pd.DataFrame
    quality: npt.NDArray[np.int16]
    tests: npt.NDArray[np.int64]
    differs: BoolArray
    usable: Mapping[Quantity, BoolArray]
    _steps: Steps

    def has_usable(self, number: int, quantity: Quantity, start: datetime, end: datetime) -> bool:
        """Tell whether lane ``number`` has a usable reading of a quantity in ``[start, end)``."""
        rows, first = self.line.lanes[number].rows(start, end), int(self.line.edges[number])
        return bool(self.usable[quantity][first + rows.start : first + rows.stop].any())

    def changes(self) -> pd.DataFrame:
        """Give what has to be written: ``device_id``, ``ts_ms``, ``quality``, ``tests``."""
        ids = np.repeat([lane.device.id for lane in self.line.lanes], np.diff(self.line.edges))
        ts_ms = np.concatenate([lane.ts_ms for lane in self.line.lanes])
        columns = {"device_id": ids, "ts_ms": ts_ms, "quality": self.quality, "tests": self.tests}
        return pd.DataFrame({name: values[self.differs] for name, values in columns.items()})

    def events(self) -> list[list[EventRow]]:
        """Give the events of each lane, those of its context too."""
        if not (self._steps.ec or self._steps.ph):
            return [[] for _ in self.line.lanes]
        return [self._events_of(lane, first, later_ms) for lane, first, later_ms in self.line.each()]

    def _events_of(self, lane: Lane, first: int, later_ms: int) -> list[EventRow]:
        index = pd.DatetimeIndex(lane.ts_ms.view("M8[ms]"), tz="UTC")
        start_s, end_s = (edge.timestamp() + later_ms / 1000 for edge in (lane.whole.start, lane.whole.end))
        steps = self._steps.of_series(start_s, end_s, earlier_s=later_ms / 1000, index=index)
        masks = {one: mask[first : first + index.size] for one, mask in self.usable.items()}
        return events_of(steps, masks, index=index)


def judge_lanes(session: Session, lanes: Sequence[Lane], kind: Kind, before: Sequence[Nearest | None]) -> JudgedLanes:
    """Judge lanes of one kind; ``before`` tells what lies before each, None where its context tells."""
    medium, interval_s, steps = kind
    line = Line.of(lanes)
    frame = line.frame
    index = pd.DatetimeIndex(frame.index)
    found = steps_in(frame, medium, interval_s=interval_s, apart_s=line.apart_s)
    quality, tests = judge(
        frame,
        medium,
        interval_s=interval_s,
        steps=dict(zip(CHANNELS, steps, strict=True)),
        near_event=excused(index, found),
        overrides=_overrides(session, line),
        apart_s=line.apart_s,
    )
    firsts = zip(line.edges[:-1].tolist(), before, strict=True)
    mark_gaps(tests, [first for first, nearest in firsts if nearest is not None and None in nearest])
    inside = line.inside()
    differs = inside & ((quality != frame["quality"].to_numpy()) | (tests != frame["tests"].to_numpy()))
    quality = np.where(inside, quality, frame["quality"].to_numpy())
    masks = {
        one: usable(flags) & frame[one].notna().to_numpy()
        for one, flags in zip(CHANNELS, unpack_flags(quality), strict=True)
    }
    return JudgedLanes(line, interval_s, frame, quality, tests, differs, masks, found)


def _overrides(session: Session, line: Line) -> list[OverrideRow]:
    """Read what people said of these readings, as it lies on the line, none of it beyond its own lane."""
    start, end = (choose(one) for choose, one in zip((min, max), _edges(line), strict=True))
    decided = devices_with_overrides(session, start, end)
    return [
        OverrideRow(
            said.quantity,
            max(said.start_at, lane.whole.start) + timedelta(milliseconds=later_ms),
            min(said.end_at, lane.whole.end) + timedelta(milliseconds=later_ms),
            said.flag,
        )
        for lane, _, later_ms in line.each()
        if lane.device.id in decided
        for said in override_rows(session, lane.device.id, lane.span.start, lane.span.end)
    ]


def _edges(line: Line) -> tuple[list[datetime], list[datetime]]:
    return [lane.span.start for lane in line.lanes], [lane.span.end for lane in line.lanes]
