"""Locks in PostgreSQL, so that many processes on one database do each piece of work once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from sqlalchemy import Engine, Integer, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session


@unique
class Lock(IntEnum):
    """What is locked; the numbers are arbitrary and must never collide with that in ``models.migrate``."""

    ROLLUP_JOB = 0x6879_6401
    DEVICE_ROLLUPS = 0x6879_6402
    FINDINGS_JOB = 0x6879_6404
    EXPORT_JOB = 0x6879_6405
    #: Names are given, boards and credentials bound, one Pi at a time.
    JOINING = 0x6879_6410
    #: People decide about held readings, one at a time.
    QUARANTINE = 0x6879_6411


def hold(session: Session, lock: Lock, device_id: int) -> None:
    """Wait for a lock on one device and hold it until the transaction ends."""
    # PostgreSQL takes two 32-bit keys; devices that share one merely wait for each other.
    session.execute(select(func.pg_advisory_xact_lock(int(lock), device_id % 2**31)))


def hold_all(session: Session, lock: Lock, device_ids: Iterable[int]) -> None:
    """Wait for a lock on each of some devices, in an order that all share, and hold them as :func:`hold` does."""
    keys = sorted({device_id % 2**31 for device_id in device_ids})
    wanted = select(func.unnest(literal(keys, ARRAY(Integer))).label("key")).subquery()
    session.execute(select(func.pg_advisory_xact_lock(int(lock), wanted.c.key)).order_by(wanted.c.key))


@contextmanager
def trying(engine: Engine, lock: Lock) -> Iterator[bool]:
    """Give whether the lock could be had at once; it is held while the context lasts, by a connection of its own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = bool(connection.scalar(select(func.pg_try_advisory_lock(int(lock)))))
        try:
            yield taken
        finally:
            if taken:
                connection.scalar(select(func.pg_advisory_unlock(int(lock))))
