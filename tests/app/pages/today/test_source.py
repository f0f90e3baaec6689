"""The page's facts, from a real database."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, event

from app.jobs.findings import check_fleet
from app.jobs.rollups import refresh_dirty_hours
from app.pages.page import PageContext
from app.pages.today.entries import Kind, ServerTrouble, Trouble
from app.pages.today.numbers import numbers_of
from app.pages.today.source import DatabaseToday
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.write.devices import ensure_site, plant, register_device
from models.write.watch import beat


def add_tank(engine: Engine, name: str, now: datetime, *, ph: float) -> None:
    """A tank of kale that has sent a reading every ten minutes for ten hours: 45 of them since midnight in Jakarta."""
    with session_scope(engine) as session:
        ensure_site(session, "Lembang", time_zone="Asia/Jakarta", ppm_scale=500)
        device = register_device(
            session, name, site="Lembang", zone="GH 1", interval_s=600, now=now - timedelta(days=2), has_history=True
        )
        long_ago = now - timedelta(days=60)
        plant(session, device.id, "kale", started_at=long_ago, transplanted_on=long_ago.date())
        ts_ms = [int(now.timestamp() * 1000) - 30_000 - 600_000 * back for back in range(59, -1, -1)]
        values = {"ph": [ph] * 60, "ec_us_cm": [1400.0 + back for back in range(60)], "water_c": [21.0] * 60}
        take_in(session, {device.id: device}, SentReadings.of(device.id, ts_ms, **values), now=now)
    refresh_dirty_hours(engine, now=now, device_ids=[device.id])


def look(engine: Engine, now: datetime, **context: object):
    source = DatabaseToday(PageContext(engine, lambda: now, **context))  # type: ignore[arg-type]
    return source, source.look(now)


def test_the_fleet_is_looked_at_in_a_dozen_queries(engine: Engine, now: datetime):
    add_tank(engine, "pi-1", now, ph=6.0)
    add_tank(engine, "pi-2", now, ph=7.2)
    check_fleet(engine, now=now)
    source, seen = look(engine, now)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    source.look(now)

    assert [(entry.kind, entry.devices) for entry in seen.worklist.entries] == [(Kind.OUT, ("pi-2",))]
    assert seen.worklist.entries[0].evidence[0].at_least  # type: ignore[union-attr]
    numbers = numbers_of(seen.devices, seen.readings, seen.seconds)
    assert (numbers.inside, numbers.judged, numbers.online, numbers.readings) == (1, 2, 2, 2 * 45)
    assert len(statements) <= 18


def test_an_outage_is_told_for_a_day_and_late_checks_at_once(engine: Engine, now: datetime):
    add_tank(engine, "pi-1", now, ph=6.0)
    with session_scope(engine) as session:
        beat(session, now - timedelta(hours=5), outage_after=timedelta(seconds=90))
        beat(session, now - timedelta(hours=3), outage_after=timedelta(seconds=90))
    check_fleet(engine, now=now - timedelta(hours=3))

    _source, seen = look(engine, now, disk_used=lambda: 0.91)
    told = [entry.evidence[0] for entry in seen.worklist.of(Kind.SERVER)]

    assert told == [
        ServerTrouble(Trouble.DISK, 0.91),
        ServerTrouble(Trouble.CHECKS, start=now - timedelta(hours=3)),
        ServerTrouble(Trouble.WAS_AWAY, start=now - timedelta(hours=5), end=now - timedelta(hours=3)),
    ]
