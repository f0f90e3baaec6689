"""The newest reading of every device, kept beside the history so that "now" is never searched for."""

from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from models.rows import ReadingRows

_REMEMBER = (
    "INSERT INTO device_state (device_id, last_seen_at, ts, ph, ec_us_cm, water_c, quality, tests, ph_mv, ec_mv) "
    "SELECT device_id, %(now)s, ts, ph, ec_us_cm, water_c, quality, tests, ph_mv, ec_mv FROM unnest(%(device_id)s, "
    "%(ts)s, %(ph)s, %(ec_us_cm)s, %(water_c)s, %(quality)s, %(tests)s, %(ph_mv)s, %(ec_mv)s) "
    "AS newest(device_id, ts, ph, ec_us_cm, water_c, quality, tests, ph_mv, ec_mv) "
    "ON CONFLICT (device_id) DO UPDATE SET ts = excluded.ts, ph = excluded.ph, ec_us_cm = excluded.ec_us_cm, "
    "water_c = excluded.water_c, quality = excluded.quality, tests = excluded.tests, ph_mv = excluded.ph_mv, "
    "ec_mv = excluded.ec_mv WHERE device_state.ts IS NULL OR excluded.ts > device_state.ts"
)


def remember_newest(session: Session, rows: ReadingRows, *, now: datetime) -> None:
    """Remember the newest of these readings for each device that has none newer.

    A device that was never heard of counts as seen ``now``.
    """
    order = np.lexsort((rows.ts_ms, rows.device_id))
    devices = rows.device_id[order]
    newest = order[np.append(devices[1:] != devices[:-1], True)]
    session.connection().exec_driver_sql(_REMEMBER, {**rows.take(newest).parameters(), "now": now})
