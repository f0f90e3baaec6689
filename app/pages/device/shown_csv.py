"""The CSV of what is on screen: every reading of the shown stretch, or every hour or day if that is what is drawn.

Only numbers and times are written, so no cell can be a spreadsheet formula. A value that is missing is empty.
"""

from collections.abc import Callable, Iterable, Iterator
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.flags import CHANNELS, unpack_flags
from analytics.quantities import Quantity
from analytics.times import aware_index
from app.components import ConductivityUnit
from app.exports.names import FLAG_COLUMNS, PARTS, value_column
from app.pages.device.channels import PREFIX
from app.pages.device.period import Level, Period

END_OF_LINE = "\r\n"

#: What one query brings at most, so that a long download needs little memory.
_PIECE = {
    Level.READINGS: pd.Timedelta(days=30),
    Level.HOURS: pd.Timedelta(days=730),
    Level.DAYS: pd.Timedelta(days=7300),
}

#: Gives the readings, hours or days of a piece of the period.
Fetch = Callable[[Period], pd.DataFrame]


def csv_of_period(
    fetch: Fetch, period: Period, level: Level, *, unit: ConductivityUnit, zone: ZoneInfo
) -> Iterator[str]:
    """Write the period in pieces, the head first; see :func:`head` and :func:`lines` for the columns."""
    yield END_OF_LINE.join([",".join(head(level, unit)), ""])
    for piece in _pieces(period, _PIECE[level]):
        frame = fetch(piece)
        if len(frame):
            yield END_OF_LINE.join([*lines(frame, level, unit, zone), ""])


def head(level: Level, unit: ConductivityUnit) -> list[str]:
    """Name the columns, each with its unit.

    Flags are QARTOD's: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.
    """
    names = [value_column(quantity, unit) for quantity in CHANNELS]
    if level is Level.READINGS:
        return ["time_local", "time_utc", *names, *FLAG_COLUMNS]
    start = {Level.HOURS: "hour", Level.DAYS: "day"}[level]
    parts = [f"{name}_{part}" for name in names for part in PARTS]
    used = [f"{PREFIX[quantity]}_readings_used" for quantity in CHANNELS]
    return [f"{start}_local", f"{start}_utc", "readings", *parts, *used]


def lines(frame: pd.DataFrame, level: Level, unit: ConductivityUnit, zone: ZoneInfo) -> Iterable[str]:
    """Write one line per row of a frame of readings or rollups."""
    times = _times(aware_index(frame.index), zone)
    columns = _reading_columns(frame, unit) if level is Level.READINGS else _rollup_columns(frame, unit)
    return map(",".join, zip(*times, *columns, strict=True))


def file_name(device: str, period: Period, zone: ZoneInfo) -> str:
    """Name the file by the device and the local days it reaches over."""
    last = period.end - pd.Timedelta(milliseconds=1)
    return f"{device}_{period.start.astimezone(zone):%Y-%m-%d}_{last.astimezone(zone):%Y-%m-%d}.csv"


def _pieces(period: Period, width: pd.Timedelta) -> Iterator[Period]:
    start = period.start
    while start < period.end:
        end = min(start + width.to_pytimedelta(), period.end)
        yield Period(start, end)
        start = end


def _reading_columns(frame: pd.DataFrame, unit: ConductivityUnit) -> list[list[str]]:
    values = [_numbers(frame[quantity].to_numpy(), quantity, unit) for quantity in CHANNELS]
    flags = [list(map(str, flag.tolist())) for flag in unpack_flags(frame["quality"].to_numpy())]
    return values + flags


def _rollup_columns(frame: pd.DataFrame, unit: ConductivityUnit) -> list[list[str]]:
    columns = [_counts(frame["n"])]
    for quantity in CHANNELS:
        prefix = PREFIX[quantity]
        count = frame[f"{prefix}_n"]
        mean = (frame[f"{prefix}_sum"] / count).where(count > 0)
        extremes = (frame[f"{prefix}_{name}"].where(count > 0) for name in ("min", "max"))
        columns += [_numbers(part.to_numpy(), quantity, unit) for part in (mean, *extremes)]
    return columns + [_counts(frame[f"{PREFIX[quantity]}_n"]) for quantity in CHANNELS]


def _counts(counts: pd.Series) -> list[str]:
    return list(map(str, counts.astype(int).tolist()))


def _numbers(values: npt.NDArray[np.float64], quantity: Quantity, unit: ConductivityUnit) -> list[str]:
    """Write stored values exactly; converted ones to 12 digits, without the noise of the conversion."""
    if quantity is not Quantity.EC or unit is ConductivityUnit.US_CM:
        return ["" if value != value else repr(value) for value in values.tolist()]
    return ["" if value != value else f"{value:.12g}" for value in unit.from_ec(values).tolist()]


def _times(index: pd.DatetimeIndex, zone: ZoneInfo) -> tuple[list[str], list[str]]:
    """Write each time as ISO 8601 with milliseconds, on the local clock with its offset and in UTC."""
    utc = index.as_unit("ms").asi8
    local = index.tz_convert(zone).tz_localize(None).as_unit("ms").asi8
    offsets = [_offset(minutes) for minutes in ((local - utc) // 60_000).tolist()]
    return [text + offset for text, offset in zip(_iso(local), offsets, strict=True)], [
        text + "Z" for text in _iso(utc)
    ]


def _iso(epoch_ms: npt.NDArray[np.int64]) -> list[str]:
    return np.datetime_as_string(epoch_ms.astype("datetime64[ms]"), unit="ms").tolist()


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
