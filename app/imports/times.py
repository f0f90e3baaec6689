"""Time columns: which format they are written in, and when that was in UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone, tzinfo
from itertools import islice
from re import fullmatch

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.i18n import N_
from app.imports.request import ImportRefused
from app.saying import Saying

IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.object_]

#: As many stamps from the top of the file decide which format it uses.
SAMPLE = 1000

_GONE = N_(
    "%(stamp)s did not exist in %(zone)s; if the logger kept one offset all year, give that as the zone, such as -07:00"
)
_TWICE = N_(
    "%(stamp)s happened twice in %(zone)s; if the logger kept one offset all year, "
    "give that as the zone, such as -07:00"
)
_NOT_A_TIME = np.iinfo(np.int64).min
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
# Indonesian spreadsheets write 8.30.
_DOTTED_CLOCKS = ("%H.%M", "%H.%M.%S")
_ISO = [f"%Y-%m-%d{between}{clock}{offset}" for between in (" ", "T") for clock in _CLOCKS[:3] for offset in ("", "%z")]


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A way of writing times: strptime formats to be tried in turn, or seconds since 1970 in ``epoch_unit_ms``."""

    label: str
    formats: tuple[str, ...] = ()
    epoch_unit_ms: int = 0


@dataclass(frozen=True, slots=True)
class Stamps:
    """Times in milliseconds since 1970 UTC, and for each that is none (``ok`` false) the reason."""

    ms: IntArray
    ok: npt.NDArray[np.bool_]
    reasons: TextArray


def detect(texts: Iterable[str]) -> TimeFormat:
    """Tell how a time column is written.

    ``texts`` is consumed only as far as needed: a thousand stamps, or, where day and month could be exchanged, until
    one of them is above 12.

    Raises
    ------
    ImportRefused
        If the format is not known, or day and month cannot be told apart.
    """
    source = (text.strip() for text in texts)
    sample = [text for text in islice(source, SAMPLE) if text]
    if not sample:
        raise ImportRefused(N_("the time column is empty"))
    for known in _PLAIN:
        if _share(known, sample) > 0.5:
            return _likeliest_first(known, sample)
    for separator in "/-":
        day_first, month_first = _numeric(separator, "%d", "%m"), _numeric(separator, "%m", "%d")
        if max(_share(day_first, sample), _share(month_first, sample)) > 0.5:
            return _tell_apart(day_first, month_first, separator, sample, source)
    said = N_(
        "times such as %(text)s are in no format that is known; give it with --time-format, "
        "for example --time-format %(example)s"
    )
    raise ImportRefused(said, text=repr(sample[0]), example="'%d %b %Y %H.%M'")


def given_format(strptime: str) -> TimeFormat:
    """Use a format as given."""
    return TimeFormat(strptime, (strptime,))


def parse(texts: Sequence[str], how: TimeFormat, zone: tzinfo) -> Stamps:
    """Read stamps; those without an offset of their own are local to ``zone``.

    A local time that did not exist, because the clocks were put forward, or existed twice is not a time.
    """
    stripped = np.array([text.strip() for text in texts], dtype=object)
    if how.epoch_unit_ms:
        return _from_epoch(stripped, how)
    local = np.full(stripped.size, _NOT_A_TIME)
    utc = np.full(stripped.size, _NOT_A_TIME)
    open_rows = np.arange(stripped.size)
    for strptime in how.formats:
        if open_rows.size == 0:
            break
        target = utc if "%z" in strptime else local
        target[open_rows] = _strptime(stripped[open_rows], strptime)
        open_rows = open_rows[target[open_rows] == _NOT_A_TIME]
    return _to_utc(local, utc, zone, stripped, how)


def _numeric(separator: str, first: str, second: str) -> TimeFormat:
    date = separator.join((first, second, "%Y"))
    letters = {"%d": "D", "%m": "M"}
    label = separator.join((letters[first], letters[second], "YYYY"))
    return TimeFormat(f"{label} H:MM", (*(f"{date} {clock}" for clock in (*_CLOCKS, *_DOTTED_CLOCKS)), date))


def _named_month(separator: str) -> TimeFormat:
    dates = separator.join(("%d", "%b", "%Y")), separator.join(("%d", "%B", "%Y"))
    clocks = (*(f" {clock}" for clock in _CLOCKS), "")
    label = separator.join(("D", "Nov", "YYYY"))
    return TimeFormat(f"{label} H:MM", tuple(f"{date}{clock}" for clock in clocks for date in dates))


# A date alone is its midnight: so spreadsheets write that moment, and people the notes of a day.
_PLAIN = (
    TimeFormat("YYYY-MM-DD HH:MM (ISO 8601)", (*_ISO, *(f"%Y-%m-%d {one}" for one in _DOTTED_CLOCKS), "%Y-%m-%d")),
    TimeFormat("YYYY/MM/DD HH:MM", (*(f"%Y/%m/%d {clock}" for clock in _CLOCKS[:3]), "%Y/%m/%d")),
    _numeric(".", "%d", "%m"),
    _named_month(" "),
    _named_month("-"),
    TimeFormat("seconds since 1970", epoch_unit_ms=1000),
    TimeFormat("milliseconds since 1970", epoch_unit_ms=1),
)


def _share(how: TimeFormat, sample: Sequence[str]) -> float:
    return float(parse(sample, how, UTC).ok.mean())


def _likeliest_first(how: TimeFormat, sample: Sequence[str]) -> TimeFormat:
    """Put the format first that most of the sample is written in: trying one that does not fit is slow."""
    texts = np.array(sample, dtype=object)
    hits = {strptime: np.count_nonzero(_strptime(texts, strptime) != _NOT_A_TIME) for strptime in how.formats}
    return replace(how, formats=tuple(sorted(how.formats, key=lambda strptime: -hits[strptime])))


def _tell_apart(
    day_first: TimeFormat, month_first: TimeFormat, separator: str, sample: Sequence[str], rest: Iterable[str]
) -> TimeFormat:
    """Look for a stamp whose day is above 12; only that proves which of the two numbers is the day."""
    for text in (*sample, *rest):
        date = fullmatch(rf"([0-9]+){separator}([0-9]+){separator}.*", text)
        if date and int(date[1]) > 12:
            return _likeliest_first(day_first, sample)
        if date and int(date[2]) > 12:
            return _likeliest_first(month_first, sample)
    dates = separator.join(("%d", "%m", "%Y")), separator.join(("%m", "%d", "%Y"))
    said = N_(
        "times such as %(text)s can be read day first or month first, and no day in the file is above 12; "
        "say which with --time-format %(day_first)s or --time-format %(month_first)s"
    )
    day, month = (f"'{date} %H:%M'" for date in dates)
    raise ImportRefused(said, text=repr(sample[0]), day_first=day, month_first=month)


def _strptime(texts: TextArray, strptime: str) -> IntArray:
    parsed = pd.DatetimeIndex(pd.to_datetime(texts.tolist(), format=strptime, errors="coerce", utc=True))
    return np.where(parsed.isna(), _NOT_A_TIME, parsed.as_unit("ms").asi8)


def _from_epoch(texts: TextArray, how: TimeFormat) -> Stamps:
    # Ten digits are the seconds, thirteen the milliseconds, of the years 2001 to 2286.
    digits = 10 if how.epoch_unit_ms == 1000 else 13
    numbers = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(dtype=np.float64)
    ok = np.floor(np.log10(np.where(numbers >= 1, numbers, 1))) == digits - 1
    ms = np.where(ok, np.floor(np.where(ok, numbers, 0) * how.epoch_unit_ms), _NOT_A_TIME).astype(np.int64)
    return Stamps(ms, ok, _reasons(texts, ~ok, how))


def _to_utc(local: IntArray, utc: IntArray, zone: tzinfo, texts: TextArray, how: TimeFormat) -> Stamps:
    reasons = _reasons(texts, (local == _NOT_A_TIME) & (utc == _NOT_A_TIME), how)
    rows = np.flatnonzero(local != _NOT_A_TIME)
    if rows.size:
        naive = pd.DatetimeIndex(local[rows].astype("datetime64[ms]"))
        moved, faults = _localize(naive, zone)
        utc[rows] = moved
        reasons[rows] = faults
    ok = np.array([reason is None for reason in reasons], dtype=bool)
    return Stamps(utc, ok, reasons)


def _localize(naive: pd.DatetimeIndex, zone: tzinfo) -> tuple[IntArray, TextArray]:
    faults = np.full(len(naive), None, dtype=object)
    if isinstance(zone, timezone):
        return naive.asi8 - zone.utcoffset(None) // timedelta(milliseconds=1), faults
    aware = naive.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    lost = np.asarray(aware.isna())
    if lost.any():
        either_fold = naive[lost].tz_localize(zone, ambiguous=np.ones(lost.sum(), dtype=bool), nonexistent="NaT")
        faults[lost] = [
            Saying(_GONE if gone else _TWICE, {"stamp": str(stamp), "zone": str(zone)})
            for stamp, gone in zip(naive[lost], either_fold.isna(), strict=True)
        ]
    return np.where(lost, _NOT_A_TIME, aware.as_unit("ms").asi8), faults


def _reasons(texts: TextArray, unread: npt.NDArray[np.bool_], how: TimeFormat) -> TextArray:
    reasons = np.full(texts.size, None, dtype=object)
    said = N_("time %(text)s is not %(form)s")
    reasons[unread] = [Saying(said, {"text": repr(text[:40]), "form": how.label}) for text in texts[unread]]
    return reasons
