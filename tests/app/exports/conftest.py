"""Two tanks in two sites with readings, and exports of them in any format."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from app.exports import Asker, ExportRequest, Exports, Packing, Selection
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.partitions import ensure_months
from models.write.devices import ensure_site, register_device
from models.write.dirty import mark_dirty

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
BY = Asker("sari", None, lambda _: True)


@pytest.fixture
def exports(engine: Engine, now: datetime) -> Exports:
    return Exports(engine, lambda: now)


@pytest.fixture
def tanks(engine: Engine, now: datetime) -> None:
    """Two tanks, 150 readings each, 20 s and 60 s apart; every ninth has no pH, every seventh a suspect EC."""
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="Asia/Jakarta")
        ensure_site(session, "=1+1", time_zone="Asia/Jakarta")
        ensure_months(session.connection(), [date(2026, 11, 1)])
        for name, site, seconds in (("pi-2", "north", 20), ("pi-10", "=1+1", 60)):
            device = register_device(session, name, site=site, zone="GH <1> & 2", now=now - timedelta(days=60))
            session.execute(
                text(
                    "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, quality, tests, ph_calibration_id) "
                    "SELECT :device, :start + n * interval '1 s' * :seconds, "
                    "CASE WHEN n % 9 <> 0 THEN 5.5 + n % 13 / 10.0 END, 1400.125 + n, 21.0 + n / 7.0, "
                    "CASE WHEN n % 9 = 0 THEN x'119' WHEN n % 7 = 0 THEN x'131' ELSE x'111' END::int, "
                    "CASE WHEN n % 7 = 0 AND n % 9 <> 0 THEN 2097152 END, 41 FROM generate_series(0, 149) AS n"
                ),
                {"device": device.id, "start": MIDNIGHT, "seconds": seconds},
            )
            mark_dirty(session, device.id, MIDNIGHT, MIDNIGHT + timedelta(hours=3), now=now)
    refresh_dirty_hours(engine, now=now)


@pytest.fixture
def export(exports: Exports) -> Callable[..., bytes]:
    """Give the bytes of an export of three hours."""

    def export(packing: Packing, **options: Any) -> bytes:
        selection = options.pop("selection", Selection())
        request = ExportRequest(selection, MIDNIGHT, MIDNIGHT + timedelta(hours=3), packing=packing, **options)
        with exports.open(request, BY, refresh_hours=lambda _: None) as stream:
            return b"".join(stream)

    return export


@pytest.fixture
def plain(engine: Engine) -> pd.DataFrame:
    """What is stored, by a query that everybody can read."""
    with engine.connect() as connection:
        query = (
            "SELECT d.name AS device, r.ts, r.ph, r.ec_us_cm, r.water_c, r.quality & 15 AS ph_flag, "
            "(r.quality >> 4) & 15 AS ec_flag FROM readings r JOIN devices d ON d.id = r.device_id ORDER BY d.id, r.ts"
        )
        frame = pd.read_sql(text(query), connection)
    return frame.assign(ts=pd.to_datetime(frame["ts"], utc=True))


def frame_of(packing: Packing, data: bytes) -> pd.DataFrame:
    """Read a file as its users do; times come as aware UTC, whatever the file has."""
    if packing is Packing.PARQUET:
        return pd.read_parquet(io.BytesIO(data))
    if packing is Packing.XLSX:
        return pd.read_excel(io.BytesIO(data), sheet_name="readings", engine="openpyxl")
    return pd.read_csv(io.BytesIO(data), compression="gzip" if packing is Packing.GZIP else None)
