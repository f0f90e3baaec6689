"""Hours and days of many devices, summed up from their judged readings in one pass."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, Flag, unpack_flags
from analytics.hourly import Channel, hour_rollups
from analytics.quantities import Quantity
from app.jobs.end_to_end import TimeLine
from app.jobs.judged_lanes import JudgedLanes
from app.jobs.lanes import Lane
from app.jobs.spans import LONGEST_HOLD, Span
from app.jobs.summaries import summarise_days, table_names
from models.read.rollups import hours_frame
from models.read.targets import Targets, tanks

FloatArray = npt.NDArray[np.float64]
Followed = Mapping[Lane, Sequence[Quantity]]


class Bands:
    """The bands that readings had to keep to; what they depend on is read once for all devices."""

    def __init__(self, session: Session, lanes: Sequence[Lane]) -> None:
        self._targets = Targets(session)
        self._tanks = tanks(session, [lane.device.id for lane in lanes])

    def limits(self, lane: Lane, quantity: Quantity) -> FloatArray:
        """Give the lowest and highest value asked for at each reading, shape (n, 2); NaN where there is no band."""
        limits = np.full((lane.ts_ms.size, 2), np.nan)
        tank = self._tanks.get(lane.device.id)
        if tank is None:
            return limits
        start, end = lane.span.start - LONGEST_HOLD, lane.span.end
        cuts = self._targets.changes(tank, start, end)
        for cut, until in zip(cuts, [*cuts[1:], end], strict=True):
            band = self._targets.band_at(tank, str(quantity), cut)
            if band is not None:
                limits[lane.rows(cut, until)] = band.low, band.high
        return limits


def summarise_lanes(judged: Sequence[JudgedLanes], followed: Followed, bands: Bands) -> pd.DataFrame:
    """Summarise the hours of all spans, with ``device_id`` and ``hour``, by both.

    ``followed`` names the quantities that have a reading behind a lane, so that its last one holds longer.
    """
    hours = pd.concat([_hours_of(one, followed, bands) for one in judged])
    return hours.sort_values(["device_id", "hour"], ignore_index=True)


def summarise_days_of(session: Session, lanes: Sequence[Lane]) -> pd.DataFrame:
    """Merge the stored hours of the UTC days that spans touch, with ``device_id`` and ``day``."""
    by_days: dict[Span, list[int]] = defaultdict(list)
    for lane in lanes:
        by_days[lane.span.days].append(lane.device.id)
    days = [_days_of(session, ids, span) for span, ids in by_days.items()]
    return pd.concat(days).sort_values(["device_id", "day"], ignore_index=True)


def _hours_of(judged: JudgedLanes, followed: Followed, bands: Bands) -> pd.DataFrame:
    line = judged.line
    ends = [number for number, lane in enumerate(line.lanes) if followed.get(lane)]
    rows = line.edges[1:][ends]
    stamps = np.insert(line.stamps_ms, rows, line.ends_ms()[ends])
    flags = dict(zip(CHANNELS, unpack_flags(judged.quality), strict=True))
    channels = {}
    for one in CHANNELS:
        # What a follower reads does not matter, because it lies beyond every hour that is summarised.
        is_followed = np.array([one in followed[line.lanes[number]] for number in ends], dtype=bool)
        values = np.insert(judged.frame[one].to_numpy(), rows, np.where(is_followed, 1.0, np.nan))
        flag = np.insert(flags[one], rows, np.where(is_followed, np.uint8(Flag.GOOD), np.uint8(Flag.MISSING)))
        limits = np.concatenate([bands.limits(lane, one) for lane in line.lanes])
        low, high = np.insert(limits, rows, np.nan, axis=0).T
        channels[one] = Channel(values, flag, low, high)
    hours = table_names(hour_rollups(stamps, channels, interval_s=judged.interval_s, apart_ms=line.apart_ms))
    device_id, own_ms, is_wanted = line.back(pd.DatetimeIndex(hours.index).as_unit("ms").asi8)
    starts = pd.DatetimeIndex(own_ms.view("M8[ms]"), tz="UTC")
    return hours.assign(device_id=device_id, hour=starts)[is_wanted]


def _days_of(session: Session, device_ids: Sequence[int], span: Span) -> pd.DataFrame:
    hours = hours_frame(session, device_ids, span.start, span.end)
    start_ms, length_ms = int(span.start.timestamp() * 1000), int((span.end - span.start).total_seconds() * 1000)
    own_ms = pd.DatetimeIndex(hours["hour"]).as_unit("ms").asi8
    line = TimeLine.of(hours["device_id"].to_numpy(), own_ms, start_ms=start_ms, length_ms=length_ms)
    days = summarise_days([hours.drop(columns=["device_id", "hour"]).set_index(line.index)])
    device_id, day_ms = line.back(pd.DatetimeIndex(days.index).as_unit("ms").asi8)
    return days.assign(device_id=device_id, day=pd.DatetimeIndex(day_ms.view("M8[ms]"), tz="UTC"))
