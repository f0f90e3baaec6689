"""Monthly partitions of the readings: made ahead of time, and on demand for any month of the past.

A row of a month without a partition still has a place, the default partition; it moves when its month is made.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from weakref import WeakKeyDictionary

from psycopg import sql
from sqlalchemy import Connection, Engine, text

DEFAULT_PARTITION = "readings_default"
#: Months that are always there before they begin.
MONTHS_AHEAD = 2

_PARTITION_NAME = re.compile(r"readings_(default|\d{4}_\d{2})")
#: One key for all months: partitions are made by one transaction at a time, so that none can deadlock another.
_LOCK_KEY = 0x6879_6472_6F02
_seen: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()


def is_partition(name: str | None) -> bool:
    """Say whether a table's name is that of a partition of the readings."""
    return name is not None and _PARTITION_NAME.fullmatch(name) is not None


def ensure_ahead(connection: Connection, now: datetime) -> None:
    """Make the partitions of this month and the next ones."""
    month = now.astimezone(UTC).date().replace(day=1)
    months = [month]
    for _ in range(MONTHS_AHEAD):
        months.append(_next_month(months[-1]))
    ensure_months(connection, months)


def ensure_months(connection: Connection, months: Iterable[date]) -> None:
    """Make the partition of every month given (by any of its days) that has none yet.

    Runs inside the caller's transaction. Months that were seen by the engine are not asked for again: were one taken
    away since, its rows would go to the default partition, where nothing is lost.
    """
    seen = _seen.setdefault(connection.engine, set())
    wanted = {_partition_name(month): month.replace(day=1) for month in months}
    if wanted.keys() <= seen:
        return
    made = _made_now(connection)
    if _missing(connection, wanted):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        for name in sorted(_missing(connection, wanted)):
            _make_partition(connection, name, wanted[name])
            made.add(name)
    else:
        seen |= wanted.keys() - made


def _made_now(connection: Connection) -> set[str]:
    """Give what the transaction at hand made, to be added to: it sees that, and may yet be rolled back."""
    transaction = connection.get_transaction()
    by, made = connection.info.get("hydrofleet.partitions", (None, set()))
    if by is not transaction:
        made = set()
        connection.info["hydrofleet.partitions"] = transaction, made
    return made


def _missing(connection: Connection, names: Iterable[str]) -> set[str]:
    """Tell which tables are not there. ``to_regclass`` may remember that one was not, from before we waited for it."""
    wanted = set(names)
    found = connection.scalars(
        text(
            "SELECT relname FROM pg_class WHERE relname = ANY(CAST(:names AS text[])) "
            "AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'readings'::regclass)"
        ),
        {"names": sorted(wanted)},
    )
    return wanted - set(found)


def _make_partition(connection: Connection, name: str, month: date) -> None:
    """Make a table like the readings, fetch its rows out of the default partition, then attach it.

    Attaching lets others read and write the readings meanwhile; CREATE TABLE … PARTITION OF would not.
    """
    names = {"name": sql.Identifier(name), "default": sql.Identifier(DEFAULT_PARTITION)}
    span = {"start": sql.Literal(_instant(month)), "end": sql.Literal(_instant(_next_month(month)))}
    for statement in (
        "CREATE TABLE {name} (LIKE readings INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "WITH moved AS (DELETE FROM {default} WHERE ts >= {start} AND ts < {end} RETURNING *)"
        " INSERT INTO {name} SELECT * FROM moved",
        "ALTER TABLE readings ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})",
    ):
        composed = sql.SQL(statement).format(**names, **span)
        connection.exec_driver_sql(composed.as_string(None))


def _partition_name(month: date) -> str:
    return f"readings_{month.year:04d}_{month.month:02d}"


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _instant(month: date) -> str:
    return datetime(month.year, month.month, 1, tzinfo=UTC).isoformat()
