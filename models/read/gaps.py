"""What a device measured and never arrived, by its own sequence numbers, and when nothing came at all."""

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.tables import Reading

# The reading before the span belongs to it: what is missing may lie between the two.
_COUNTED = (
    "SELECT device_id, stream, seq, ts, lag(seq) OVER counted AS after_seq, lag(ts) OVER counted AS after_ts "
    "FROM readings WHERE device_id = %(device_id)s AND stream IS NOT NULL AND seq IS NOT NULL "
    "AND ts >= coalesce((SELECT max(ts) FROM readings WHERE device_id = %(device_id)s AND ts < %(start)s), %(start)s) "
    "AND ts < %(end)s WINDOW counted AS (PARTITION BY stream ORDER BY seq)"
)
_GAPS = (
    "SELECT s.name AS stream, s.dropped, r.after_seq + 1 AS first_seq, r.seq - 1 AS last_seq, "  # noqa: S608 (from above)
    f"r.seq - r.after_seq - 1 AS missing, r.after_ts, r.ts AS before_ts FROM ({_COUNTED}) AS r "
    "JOIN streams s ON s.device_id = r.device_id AND s.number = r.stream "
    "WHERE r.seq > r.after_seq + 1 ORDER BY r.ts, r.seq LIMIT %(limit)s"
)
_SILENCES = (
    "SELECT after_ts, ts AS before_ts FROM ("
    "SELECT ts, lag(ts) OVER (ORDER BY ts) AS after_ts FROM readings WHERE device_id = %(device_id)s "
    "AND ts >= coalesce((SELECT max(ts) FROM readings WHERE device_id = %(device_id)s AND ts < %(start)s), %(start)s) "
    "AND ts < %(end)s) AS r WHERE ts - after_ts > %(longest_s)s * interval '1 second' ORDER BY ts LIMIT %(limit)s"
)
_GAP_COLUMNS = ["stream", "dropped", "first_seq", "last_seq", "missing", "after_ts", "before_ts"]
_SILENCE_COLUMNS = ["after_ts", "before_ts"]


def is_numbered(session: Session, device_id: int, start: datetime, end: datetime) -> bool:
    """Tell whether any reading of a device in ``[start, end)`` carries the number that its queue gave it."""
    mine = (Reading.device_id == device_id, Reading.ts >= start, Reading.ts < end)
    return bool(session.scalar(select(exists().where(*mine, Reading.stream.is_not(None), Reading.seq.is_not(None)))))


def gaps_frame(session: Session, device_id: int, start: datetime, end: datetime, *, limit: int) -> pd.DataFrame:
    """List the runs of sequence numbers that are missing inside each queue of a device, in ``[start, end)``.

    Returns
    -------
    DataFrame of at most ``limit`` rows in the order of ``before_ts``, with columns ``stream`` (the queue's name),
    ``dropped`` (readings the Pi says it had to drop from that queue), ``first_seq``, ``last_seq``, ``missing`` (how
    many), and ``after_ts``, ``before_ts``: the readings around the run (aware UTC). What is still on its way, after
    the last reading, is no gap.
    """
    given = {"device_id": device_id, "start": start, "end": end, "limit": limit}
    return _with_times(session.connection().exec_driver_sql(_GAPS, given).all(), _GAP_COLUMNS)


def silences_frame(
    session: Session, device_id: int, start: datetime, end: datetime, *, longest_s: float, limit: int
) -> pd.DataFrame:
    """List the stretches longer than ``longest_s`` between two readings of a device, in ``[start, end)``.

    Returns
    -------
    DataFrame of at most ``limit`` rows in time order, with columns ``after_ts`` and ``before_ts`` (aware UTC): the
    readings around the silence. The first may begin before ``start``.
    """
    given = {"device_id": device_id, "start": start, "end": end, "longest_s": longest_s, "limit": limit}
    return _with_times(session.connection().exec_driver_sql(_SILENCES, given).all(), _SILENCE_COLUMNS)


def _with_times(rows: Any, columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    times = {name: pd.to_datetime(frame[name], utc=True).dt.as_unit("ms") for name in ("after_ts", "before_ts")}
    return frame.assign(**times)
