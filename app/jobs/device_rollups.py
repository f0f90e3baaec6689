"""What dirty hours of devices ask for, computed for many of them in one pass, inside one transaction."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS
from analytics.quantities import Medium, Quantity
from app.jobs.events import LOOK_BACK
from app.jobs.judged_lanes import JudgedLanes, judge_lanes
from app.jobs.judging import reach_of
from app.jobs.lanes import Lane, alike, read_lanes
from app.jobs.neighbours import Nearest, nearest_before, nearest_from, usable_within
from app.jobs.spans import DAY, HOUR, LONGEST_HOLD, Span, spans_to_compute
from app.jobs.summed_lanes import Bands, summarise_days_of, summarise_lanes
from models.read.devices import DeviceRecord
from models.write.events import Detected, replace_detected
from models.write.flags import update_flags
from models.write.rollups import replace_days, replace_hours

Wanted = Sequence[tuple[DeviceRecord, Span]]

#: Spans up to this length are computed together; longer ones alone, or the line they are laid on would span decades.
_LONGEST_SHARED = 5 * DAY


def compute_hours(session: Session, dirty_hours: Sequence[tuple[DeviceRecord, pd.Series]], *, now: datetime) -> None:
    """Compute what dirty hours (aware, increasing) of devices ask for, from their readings as they are now.

    The result for each device is that of computing it alone. The caller holds the lock of every device,
    :attr:`models.locks.Lock.DEVICE_ROLLUPS`.
    """
    spans = [
        deque((device, span) for span in spans_to_compute(hours, reach=reach_of(Medium(device.medium), {})))
        for device, hours in dirty_hours
    ]
    # What is computed of a device is the context of its next span, so they have their turns one after the other.
    while any(spans):
        neighbours = [deque(one) for one in _compute(session, [one.popleft() for one in spans if one], now=now)]
        while any(neighbours):
            _compute(session, [one.popleft() for one in neighbours if one], now=now)


def _compute(session: Session, wanted: Wanted, *, now: datetime) -> list[Wanted]:
    """Judge and summarise one span of each device; gives, for each, the hours that have got other neighbours."""
    short = [one for one in wanted if one[1].end - one[1].start <= _LONGEST_SHARED]
    alone = [[one] for one in wanted if one[1].end - one[1].start > _LONGEST_SHARED]
    return [hours for pass_ in (short, *alone) if pass_ for hours in _Pass.of(session, pass_, now=now).run()]


@dataclass(frozen=True, eq=False)
class _Pass:
    """One pass over a span of each of some devices. ``before`` is what lies before a lane whose context is empty."""

    session: Session
    now: datetime
    lanes: Sequence[Lane]
    judged: Sequence[JudgedLanes]
    before: Mapping[Lane, Nearest]

    @classmethod
    def of(cls, session: Session, wanted: Wanted, *, now: datetime) -> "_Pass":
        """Read and judge the readings; nothing is written yet."""
        lanes = read_lanes(session, wanted)
        lonely = {
            number: (lane.device.id, lane.whole.start)
            for number, lane in enumerate(lanes)
            if lane.ts_ms.size
            and lane.rows(lane.span.start, lane.span.end).start == 0
            and lane.rows(lane.span.start, lane.span.end).stop
        }
        before = {lanes[number]: found for number, found in nearest_before(session, lonely).items()}
        judged = [
            judge_lanes(session, group, kind, [before.get(lane) for lane in group]) for kind, group in alike(lanes)
        ]
        return cls(session, now, [lane for one in judged for lane in one.line.lanes], judged, before)

    def run(self) -> list[Wanted]:
        """Write flags, events, hours and days; gives, for each lane, the hours that have got other neighbours."""
        # Asked before: what is written replaces the hours that tell what a reading was good for.
        alone = self._alone()
        self._write_events()
        followed = self._followed()
        hours = summarise_lanes(self.judged, followed, Bands(self.session, self.lanes))
        replace_hours(self.session, hours, covering=[(lane.device.id, *_edges(lane.span)) for lane in self.lanes])
        days = summarise_days_of(self.session, self.lanes)
        covering = [(lane.device.id, *_edges(lane.span.days)) for lane in self.lanes]
        replace_days(self.session, days, covering=covering)
        neighbours = self._distant_neighbours(alone)
        # Last, because posts wait for whoever writes the state of their device.
        changes = pd.concat([one.changes() for one in self.judged])
        update_flags(self.session, changes.sort_values(["device_id", "ts_ms"]))
        return neighbours

    def _write_events(self) -> None:
        found = [events for one in self.judged for events in one.events()]
        replace_detected(
            self.session,
            [
                Detected(lane.device.id, events, lane.span.start - LOOK_BACK, lane.span.end)
                for lane, events in zip(self.lanes, found, strict=True)
            ],
        )

    def _followed(self) -> dict[Lane, list[Quantity]]:
        """List the quantities with a usable reading behind a lane though none at its end: the last one is not last."""
        open_ended = {}
        for one in self.judged:
            for number, lane in enumerate(one.line.lanes):
                end = lane.span.end
                open_ended[lane] = [
                    quantity
                    for quantity in CHANNELS
                    if end <= self.now and not one.has_usable(number, quantity, end, end + LONGEST_HOLD)
                ]
        asked = {number: (lane.device.id, lane.whole.end) for number, lane in enumerate(self.lanes) if open_ended[lane]}
        later = nearest_from(self.session, asked)
        return {
            self.lanes[number]: [quantity for quantity in open_ended[self.lanes[number]] if quantity in nearest]
            for number, nearest in later.items()
        }

    def _distant_neighbours(self, alone: Mapping[Lane, Sequence[Quantity]]) -> list[Wanted]:
        """Give, for each lane, the hours beyond a silence, on either side, whose readings have got other neighbours.

        The last reading before a silence holds longer once it has a successor, the first one after it stands after a
        gap or not. In the steady stream of a live device there is neither, and nothing is asked of the database.
        """
        asked = {
            number: (lane.device.id, lane.wanted.start)
            for number, lane in enumerate(self.lanes)
            if alone[lane] and lane not in self.before
        }
        before = nearest_before(self.session, asked)
        past = {
            number: (lane.device.id, lane.span.end)
            for number, lane in enumerate(self.lanes)
            if lane.span.end <= self.now
        }
        after = nearest_from(self.session, past)
        return [
            [
                (lane.device, Span(hour, hour + HOUR))
                for hour in _hours_beside(
                    alone[lane], self.before.get(lane) or before.get(number, {}), after.get(number, {})
                )
            ]
            for number, lane in enumerate(self.lanes)
        ]

    def _alone(self) -> dict[Lane, list[Quantity]]:
        """List, by lane, the quantities without a usable reading right before its first dirty hour.

        Left out is what neither has a usable reading from there on nor had one: a probe that is stuck for long, or that
        is not there, changes nothing for the last reading that it gave.
        """
        alone: dict[Lane, list[Quantity]] = {}
        silent: dict[Lane, list[Quantity]] = {}
        for one in self.judged:
            for number, lane in enumerate(one.line.lanes):
                first_dirty = lane.span.start + LONGEST_HOLD
                candidates = [
                    each for each in CHANNELS if not one.has_usable(number, each, lane.span.start, first_dirty)
                ]
                alone[lane] = [each for each in candidates if one.has_usable(number, each, first_dirty, lane.span.end)]
                if not self._is_appended(lane):
                    silent[lane] = [each for each in candidates if each not in alone[lane]]
        asked = {number: (lane.device.id, lane.span) for number, lane in enumerate(self.lanes) if silent.get(lane)}
        for number, had in usable_within(self.session, asked).items():
            lane = self.lanes[number]
            alone[lane] += [each for each in silent[lane] if each in had]
        return alone

    def _is_appended(self, lane: Lane) -> bool:
        """Tell whether a lane ends with the newest readings of a device, before which nothing else changes."""
        rows = lane.rows(lane.span.start + LONGEST_HOLD, lane.wanted.end)
        return lane.span.end > self.now and rows.stop > rows.start


def _hours_beside(alone: Sequence[Quantity], before: Nearest, after: Nearest) -> list[datetime]:
    hours = {before[one] for one in alone if one in before} | ({after[None]} if None in after else set())
    return sorted(hours)


def _edges(span: Span) -> tuple[datetime, datetime]:
    return span.start, span.end
