"""A stream that is read, left, refused, or cut off by the database: what it gives, and what it leaves behind."""

import hashlib
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from app.exports import Asker, ExportRequest, Exports, Packing, Selection, source
from app.jobs.rollups import refresh_dirty_hours
from ingest_api.overload import Overloaded
from models.db import session_scope
from models.partitions import ensure_months
from models.read.audit import AuditQuery, search_audit
from models.read.export_kinds import Resolution
from models.write.devices import register_device
from models.write.dirty import mark_dirty

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
#: A reading every 25 seconds for a month: some megabytes, more than the wire and every buffer on the way take.
READINGS = 100_000
BY = Asker("sari", None, lambda _: True)


@pytest.fixture
def filled(engine, now):
    with session_scope(engine) as session:
        device = register_device(session, "pi-7", now=now - timedelta(days=60))
        ensure_months(session.connection(), [date(2026, 11, 1)])
        session.execute(
            text(
                "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, quality) "
                "SELECT :device, timestamptz '2026-11-01 00:00+00' + n * interval '25 s', 6 + n % 7 / 100.0, 1400, 21, "
                "273 FROM generate_series(0, :last) AS n"
            ),
            {"device": device.id, "last": READINGS - 1},
        )
    return device


@pytest.fixture
def exports(engine, now):
    return Exports(engine, lambda: now, at_once=1)


def opened(exports, **options):
    request = ExportRequest(Selection(), START, END, **options)
    return exports.open(request, BY, refresh_hours=lambda device_ids: None)


def last_entry(engine):
    with session_scope(engine) as session:
        return search_audit(session, AuditQuery(action="export"), limit=1)[0].details


def running_copies(engine):
    """Count the backends of this database that still copy something out."""
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'"
        return connection.execute(text(f"{query} AND state = 'active'")).scalar_one()


def test_a_month_is_whole_and_its_memory_is_that_of_some_blocks(engine, exports, filled):
    tracemalloc.start()
    digest, lines, size = hashlib.sha256(), 0, 0
    with opened(exports) as stream:
        for block in stream:
            digest.update(block)
            lines, size = lines + block.count(b"\n"), size + len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (lines, stream.rows, stream.is_done) == (READINGS + 1, READINGS, True)
    assert stream.sha256 == digest.hexdigest()
    assert size > 8_000_000
    assert peak < 4_000_000
    assert engine.pool.checkedout() == 0


@pytest.mark.parametrize("packing", [Packing.CSV, Packing.GZIP])
def test_a_stream_that_is_left_frees_everything_at_once(engine, exports, filled, packing):
    stream = opened(exports, packing=packing)
    next(stream)
    next(stream)

    stream.close()

    assert running_copies(engine) == 0
    assert engine.pool.checkedout() == 0
    assert last_entry(engine)["state"] == "cancelled"
    with opened(exports) as another:
        assert next(another)


def test_a_stream_that_was_never_read_frees_everything_too(engine, exports, filled):
    opened(exports).close()

    assert engine.pool.checkedout() == 0
    assert (last_entry(engine)["state"], last_entry(engine)["rows"]) == ("cancelled", 0)


def test_more_exports_than_there_is_room_for_are_asked_to_come_back(exports, filled):
    with opened(exports), pytest.raises(Overloaded):
        opened(exports)


def test_a_database_that_ends_the_copy_does_not_look_like_the_end_of_the_file(engine, exports, filled):
    stream = opened(exports)
    next(stream)
    next(stream)
    with engine.connect() as other:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = :name"
        other.execute(text(query), {"name": engine.url.database})

    with pytest.raises(psycopg.OperationalError):
        list(stream)

    assert engine.pool.checkedout() == 0
    assert last_entry(engine)["state"] == "failed"


def test_steps_of_several_months_have_no_seam(engine, exports, filled):
    request = ExportRequest(
        Selection(), START - timedelta(days=40), END, resolution=Resolution.FIVE_MINUTES, details=frozenset()
    )
    with exports.open(request, BY, refresh_hours=lambda device_ids: None) as stream:
        lines = b"".join(stream).decode().splitlines()[1:]

    starts = [line.split(",")[4] for line in lines]
    assert len(starts) == len(set(starts)) == 8334
    assert starts == sorted(starts)
    assert sum(int(line.split(",")[5]) for line in lines) == READINGS


@pytest.mark.parametrize("resolution", [Resolution.MINUTE, Resolution.HOUR, Resolution.DAY])
def test_steps_are_asked_for_where_a_device_has_readings_and_nowhere_else(engine, now, filled, resolution, monkeypatch):
    with session_scope(engine) as session:
        mark_dirty(session, filled.id, START, END, now=now)
    refresh_dirty_hours(engine, now=now)
    asked = []
    copy = source.copy_blocks
    monkeypatch.setattr(source, "copy_blocks", lambda *given: asked.append(1) or copy(*given))

    def rows(start, end):
        request = ExportRequest(Selection(), start, end, resolution=resolution, time_zone="Asia/Jakarta")
        with Exports(engine, lambda: now).open(request, BY, refresh_hours=lambda _: None) as stream:
            return b"".join(stream).splitlines()

    whole = rows(datetime(1991, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))

    assert len(asked) <= 3
    assert whole == rows(datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC))
    assert len(whole) > 29
