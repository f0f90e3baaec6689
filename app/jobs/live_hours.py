"""The hour in progress of many tanks at once, served within seconds of a reading.

Readings are judged by their neighbours of the last hours, and the hour is summed up, in one pass for all tanks. What
looks back for a day (a probe that is stuck or lifeless) keeps its last verdict until the signal moves, and events wait:
the whole computation of :mod:`app.jobs.device_rollups`, which reads ten times as much, has its turn every few minutes
and once the hour is over, and decides.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, Flag, Test, pack_flags, pack_tests, unpack_flags, unpack_tests, worst_flags
from analytics.hourly import Channel, hour_rollups
from analytics.quantities import Medium, Quantity
from analytics.time_limits import TIME_LIMITS
from app.jobs.end_to_end import GAP_MS, TimeLine
from app.jobs.events import excused, steps_in
from app.jobs.judging import COLUMNS, judge
from app.jobs.spans import HOUR, sampling_interval_s
from app.jobs.summaries import summarise_days, table_names
from models.read.devices import DeviceRecord
from models.read.recent import recent_readings
from models.read.rollups import hours_frame
from models.read.targets import Tank, Targets, tanks
from models.write.flags import update_flags
from models.write.rollups import put_days, put_hours

IntArray = npt.NDArray[np.int64]
Bands = Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]

#: What the tests of this pass look back: the longest is the one for answers between impossible values.
CONTEXT = timedelta(hours=2)
_SLOW = np.uint16(Test.FLAT_LINE | Test.ATTENUATED)


def compute_live_hours(
    session: Session, devices: Sequence[DeviceRecord], hour: datetime, *, judged_until: Mapping[int, datetime]
) -> None:
    """Judge and summarise what these devices have sent in ``hour``, and bring their day up to date.

    ``judged_until`` says, by device id, up to when its readings have been judged by all tests.
    """
    readings = recent_readings(session, [one.id for one in devices], hour - CONTEXT, hour + HOUR, COLUMNS)
    found = [_judged_and_summed(session, group, readings, hour, judged_until) for group in _alike(devices, readings)]
    if not found:
        return
    update_flags(session, pd.concat([changed for changed, _ in found]).sort_values(["device_id", "ts_ms"]))
    hours = pd.concat([summed for _, summed in found])
    put_hours(session, hours)
    put_days(session, _day_of(session, hours["device_id"].unique().tolist(), hour))


def _alike(devices: Sequence[DeviceRecord], readings: pd.DataFrame) -> list[tuple[list[DeviceRecord], Medium, float]]:
    """Group the devices that have readings by what the thresholds depend on."""
    ts_ms = readings["ts_ms"].to_numpy()
    ids, first, count = np.unique(readings["device_id"].to_numpy(), return_index=True, return_counts=True)
    rows = {int(one): slice(start, start + size) for one, start, size in zip(ids, first, count, strict=True)}
    known = [one for one in devices if one.id in rows]

    def kind(one: DeviceRecord) -> tuple[str, float]:
        return one.medium, sampling_interval_s(ts_ms[rows[one.id]], one.interval_s)

    groups = groupby(sorted(known, key=kind), key=kind)
    return [(list(group), Medium(medium), interval_s) for (medium, interval_s), group in groups]


def _judged_and_summed(
    session: Session,
    group: tuple[list[DeviceRecord], Medium, float],
    readings: pd.DataFrame,
    hour: datetime,
    judged_until: Mapping[int, datetime],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the readings whose flags change, and the hours, of devices that are alike."""
    devices, medium, interval_s = group
    frame = readings[readings["device_id"].isin([one.id for one in devices])].reset_index(drop=True)
    line = TimeLine.of(
        frame["device_id"].to_numpy(), frame["ts_ms"].to_numpy(), start_ms=_ms(_midnight(hour - CONTEXT))
    )
    laid = frame[list(COLUMNS)].set_index(line.index)
    apart_s = GAP_MS / 1000
    near = excused(line.index, steps_in(laid, medium, interval_s=interval_s, apart_s=apart_s))
    quality, tests = judge(laid, medium, interval_s=interval_s, steps={}, near_event=near, apart_s=apart_s)
    until_ms = frame["device_id"].map({one.id: _ms(judged_until[one.id]) for one in devices}).to_numpy()
    quality, tests = _with_slow_verdicts(frame, quality, tests, frame["ts_ms"].to_numpy() <= until_ms, medium)
    inside = frame["ts_ms"].to_numpy() >= _ms(hour)
    differs = inside & ((quality != frame["quality"].to_numpy()) | (tests != frame["tests"].to_numpy()))
    frame = frame.assign(quality=np.where(inside, quality, frame["quality"]), tests=tests)
    bands = _bands(session, devices, hour, frame["device_id"].to_numpy())
    return frame.loc[differs, ["device_id", "ts_ms", "quality", "tests"]], _hours(frame, line, bands, interval_s, hour)


def _with_slow_verdicts(
    frame: pd.DataFrame,
    quality: npt.NDArray[np.int16],
    tests: npt.NDArray[np.int64],
    is_judged: npt.NDArray[np.bool_],
    medium: Medium,
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
    """Keep what the tests that look back for a day have said, and say it of newer readings until the signal moves."""
    device_id = frame["device_id"].to_numpy()
    starts = np.flatnonzero(np.diff(device_id, prepend=-1))
    flags, masks = [], []
    known = zip(CHANNELS, unpack_flags(frame["quality"]), unpack_tests(frame["tests"]), strict=True)
    new = zip(unpack_flags(quality), unpack_tests(tests), strict=True)
    last = _last_judged(is_judged, starts)
    for (quantity, known_flag, known_test), (flag, test) in zip(known, new, strict=True):
        rests = is_judged | ((last >= 0) & ~_has_moved(frame[quantity].to_numpy(), last, starts, quantity, medium))
        slow = np.where(rests, known_test[last] & _SLOW, np.uint16(0)).astype(np.uint16)
        slow[flag == Flag.MISSING] = 0
        carried = np.where(slow != 0, known_flag[last], np.uint8(Flag.MISSING))
        flags.append(worst_flags(flag, carried))
        masks.append(test | slow)
    return pack_flags(*flags), pack_tests(*masks)


def _last_judged(is_judged: npt.NDArray[np.bool_], starts: IntArray) -> IntArray:
    """Give, for each reading, the row of the newest one of its device up to it that all tests have seen; -1 if none."""
    rows = np.arange(is_judged.size)
    series = np.searchsorted(starts, rows, side="right") - 1
    last = np.maximum.accumulate(np.where(is_judged, rows, -1))
    return np.where(last >= starts[series], last, -1) if rows.size else rows


def _has_moved(
    values: npt.NDArray[np.float64], last: IntArray, starts: IntArray, quantity: Quantity, medium: Medium
) -> npt.NDArray[np.bool_]:
    """Tell where a signal has left the value it had, by as much as a living one moves in a day."""
    least = TIME_LIMITS[quantity, medium].attenuated
    base = values[last]
    away = np.abs(values - base) > (0.0 if least is None else least.at(base))
    before: IntArray = np.cumsum(away) - away
    series = np.searchsorted(starts, np.arange(values.size), side="right") - 1
    # Once it has moved it has: counted since the reading that was judged, or since the device's first.
    since = np.where(last >= 0, last, starts[series]) if values.size else last
    return np.asarray(np.cumsum(away) - before[since] > 0)


def _bands(session: Session, devices: Sequence[DeviceRecord], hour: datetime, device_id: IntArray) -> Bands:
    """Give the limits of every quantity at every reading, NaN where there is no band."""
    targets, known = Targets(session), tanks(session, [one.id for one in devices])
    ids, rank = np.unique(device_id, return_inverse=True)
    limits = {}
    for quantity in CHANNELS:
        table = np.array([_band(targets, known[int(one)], quantity, hour) for one in ids]).reshape(-1, 2)[rank]
        limits[str(quantity)] = table[:, 0], table[:, 1]
    return limits


def _band(targets: Targets, tank: Tank, quantity: Quantity, moment: datetime) -> tuple[float, float]:
    band = targets.band_at(tank, str(quantity), moment)
    return (np.nan, np.nan) if band is None else (band.low, band.high)


def _hours(frame: pd.DataFrame, line: TimeLine, bands: Bands, interval_s: float, hour: datetime) -> pd.DataFrame:
    flags = dict(zip(CHANNELS, unpack_flags(frame["quality"]), strict=True))
    channels = {one: Channel(frame[one].to_numpy(), flags[one], *bands[str(one)]) for one in CHANNELS}
    hours = table_names(hour_rollups(line.stamps_ms, channels, interval_s=interval_s, apart_ms=GAP_MS))
    device_id, start_ms = line.back(pd.DatetimeIndex(hours.index).as_unit("ms").asi8)
    starts = pd.DatetimeIndex(start_ms.view("M8[ms]"), tz="UTC")
    return hours.assign(device_id=device_id, hour=starts)[start_ms == _ms(hour)]


def _day_of(session: Session, device_ids: Sequence[int], hour: datetime) -> pd.DataFrame:
    """Merge the hours of the UTC day of ``hour``."""
    midnight = _midnight(hour)
    hours = hours_frame(session, device_ids, midnight, midnight + timedelta(days=1))
    start_ms = pd.DatetimeIndex(hours["hour"]).as_unit("ms").asi8
    line = TimeLine.of(hours["device_id"].to_numpy(), start_ms, start_ms=_ms(midnight))
    days = summarise_days([hours.drop(columns=["device_id", "hour"]).set_index(line.index)])
    device_id, day_ms = line.back(pd.DatetimeIndex(days.index).as_unit("ms").asi8)
    return days.assign(device_id=device_id, day=pd.DatetimeIndex(day_ms.view("M8[ms]"), tz="UTC"))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
