"""Readings that a device counted and that never came: proof of loss, by its own sequence numbers."""

import pandas as pd
from sqlalchemy.orm import Session

_GAPS = (
    "SELECT s.name AS stream, s.dropped, r.after_seq + 1 AS first_seq, r.seq - 1 AS last_seq, "
    "r.seq - r.after_seq - 1 AS missing, r.after_ts, r.ts AS before_ts FROM ("
    "SELECT device_id, stream, seq, ts, lag(seq) OVER counted AS after_seq, lag(ts) OVER counted AS after_ts "
    "FROM readings WHERE device_id = %(device_id)s AND stream IS NOT NULL AND seq IS NOT NULL "
    "WINDOW counted AS (PARTITION BY stream ORDER BY seq)"
    ") AS r JOIN streams s ON s.device_id = r.device_id AND s.number = r.stream "
    "WHERE r.seq > r.after_seq + 1 ORDER BY r.after_ts, r.seq"
)
_COLUMNS = ["stream", "dropped", "first_seq", "last_seq", "missing", "after_ts", "before_ts"]


def gaps_frame(session: Session, device_id: int) -> pd.DataFrame:
    """List the runs of sequence numbers that are missing inside each queue of a device.

    Returns
    -------
    DataFrame with columns ``stream`` (the queue's name), ``dropped`` (readings the Pi says it had to drop from that
    queue), ``first_seq``, ``last_seq``, ``missing`` (how many), and ``after_ts``, ``before_ts``: the readings around
    the run (aware UTC). What is still on its way, after the last reading, is no gap.
    """
    rows = session.connection().exec_driver_sql(_GAPS, {"device_id": device_id}).all()
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    times = {name: pd.to_datetime(frame[name], utc=True).dt.as_unit("ms") for name in ("after_ts", "before_ts")}
    return frame.assign(**times)
