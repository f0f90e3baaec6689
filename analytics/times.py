"""Checks and conversions of time stamps that every calculation over time shares."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def utc_ns(index: pd.Index) -> IntArray:
    """Give the index as nanoseconds since 1970 UTC.

    Raises
    ------
    ValueError
        If the index is not a ``DatetimeIndex``, has no timezone, goes backwards or repeats a stamp: a trailing
        window or a holding time means nothing then, and guessing would hide the import error behind it.
    """
    aware = aware_index(index)
    stamps = aware.as_unit("ns").asi8
    _require_increasing(stamps, aware)
    return stamps


def aware_index(index: pd.Index) -> pd.DatetimeIndex:
    """Give back the index as what it is, a timezone-aware ``DatetimeIndex``.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if not isinstance(index, pd.DatetimeIndex):
        raise ValueError(f"readings need a DatetimeIndex, got {type(index).__name__}")
    if index.tz is None:
        raise ValueError("readings need a timezone-aware index; use index.tz_localize(...) with the logger's zone")
    return index


def index_from_ns(stamps_ns: npt.ArrayLike, like: pd.Index) -> pd.DatetimeIndex:
    """Make an index from nanoseconds since 1970 UTC, with the zone, unit and name of ``like``."""
    stamps = np.asarray(stamps_ns, dtype=np.int64).astype("datetime64[ns]")
    model = aware_index(like)
    return pd.DatetimeIndex(stamps, tz="UTC").as_unit(model.unit).tz_convert(model.tz).rename(model.name)


def seconds_of(span: str | timedelta) -> float:
    """Give a width, perhaps a pandas offset such as ``"6h"``, in seconds.

    Raises
    ------
    ValueError
        If it is not a positive duration.
    """
    seconds = pd.Timedelta(span).total_seconds()
    if not seconds > 0:
        raise ValueError(f"a time span must be positive, got {span!r}")
    return seconds


def _require_increasing(stamps: IntArray, index: pd.DatetimeIndex) -> None:
    steps = np.diff(stamps)
    if (steps > 0).all():
        return
    at = int(np.argmax(steps <= 0)) + 1
    fault = "repeats" if steps[at - 1] == 0 else "goes backwards at"
    raise ValueError(f"the index {fault} {index[at].isoformat()} (row {at}); sort it and drop duplicates first")
