"""The newest reading of every device, kept beside the history so that "now" is never searched for."""

from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from models.direct import tell
from models.rows import ReadingRows

NEWEST = "ts, ph, ec_us_cm, water_c, quality, tests, ph_mv, ec_mv"
ON_REMEMBERED = (
    f"ON CONFLICT (device_id) DO UPDATE SET ({NEWEST}) = ROW (excluded.{NEWEST.replace(', ', ', excluded.')}) "
    "WHERE device_state.ts IS NULL OR excluded.ts > device_state.ts"
)
_REMEMBER = (
    f"INSERT INTO device_state (device_id, last_seen_at, {NEWEST}) SELECT device_id, %(now)s, {NEWEST} "  # noqa: S608
    "FROM unnest("
    "%(device_id)s, %(ts)s, %(ph)s, %(ec_us_cm)s, %(water_c)s, %(quality)s, %(tests)s, %(ph_mv)s, %(ec_mv)s"
    f") AS newest(device_id, {NEWEST}) {ON_REMEMBERED}"
)


def remember_newest(session: Session, rows: ReadingRows, *, now: datetime) -> None:
    """Remember the newest of these readings for each device that has none newer.

    A device that was never heard of counts as seen ``now``.
    """
    order = np.lexsort((rows.ts_ms, rows.device_id))
    devices = rows.device_id[order]
    newest = order[np.append(devices[1:] != devices[:-1], True)]
    tell(session, _REMEMBER, {**rows.take(newest).parameters(), "now": now})
