"""Dirty hours served: readings judged by their neighbours, hours and days summarised, marks removed.

Whatever touches a reading marks its hour, in its own transaction. Here the marked hours are computed from the
readings as they are now, so late, corrected and deleted readings are all one case, and doing it twice, or after being
killed half-way, changes nothing.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.device_rollups import compute_hours
from app.jobs.spans import HOUR
from models.db import session_scope
from models.locks import Lock, hold_all
from models.read.devices import DeviceRecord, list_devices
from models.read.dirty import readings_per_marked_hour
from models.write.rollups import clear_dirty_hours, take_dirty_hours

log = logging.getLogger(__name__)

#: Marks of one transaction: half a year of hours, so that neither memory nor a lock grows with the history.
PIECE = 4_000
#: Readings of one transaction, about: what depends on each device costs little then, and nothing waits for it long.
_READINGS = 240_000
#: Beside the marked hours a device is read for about so many more, for its tests look back and ahead for a day.
_CONTEXT_HOURS = 57
#: Of a device that measures so often that its context alone is more than that.
_FEWEST_HOURS = 24
# While one thread waits for PostgreSQL the other one calculates.
_WORKERS = 2


def refresh_dirty_hours(
    engine: Engine, *, now: datetime, device_ids: Sequence[int] | None = None, limit: int = 1_000_000
) -> int:
    """Compute up to ``limit`` dirty hours, of these devices or of all; gives how many were served.

    Some devices at a time, and each :data:`PIECE` of one, are computed in a transaction of their own: a device whose
    readings cannot be computed keeps its marks and stops no other.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database fails; what was served before stays served.
    """
    with session_scope(engine) as session:
        taken = take_dirty_hours(session, limit=limit, device_ids=device_ids)
        marks, held = taken["device_id"].value_counts(sort=False), readings_per_marked_hour(session, taken)
        devices = [record for record in list_devices(session) if record.id in marks.index] if len(marks) else []
    wanted = {device: int(marks[device.id]) for device in devices}
    groups = list(group_devices(wanted, held))

    def serve(group: Sequence[DeviceRecord]) -> int:
        return sum(serve_devices(engine, {device: wanted[device] for device in group}, held, now=now).values())

    if len(groups) < 2 * _WORKERS:
        return sum(map(serve, groups))
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="rollups") as pool:
        return sum(pool.map(serve, groups))


def group_devices(marks: Mapping[DeviceRecord, int], held: Mapping[int, float]) -> Iterator[list[DeviceRecord]]:
    """Put devices that have so many marks each into groups to be served together, in their order.

    ``held`` as :func:`models.read.dirty.readings_per_marked_hour` gives it.
    """
    group: list[DeviceRecord] = []
    room = 0.0
    for device, count in marks.items():
        readings = (min(count, PIECE) + _CONTEXT_HOURS) * _per_hour(device, held)
        if group and readings > room:
            yield group
            group = []
        room = (room if group else _READINGS) - readings
        group.append(device)
    if group:
        yield group


def _per_hour(device: DeviceRecord, held: Mapping[int, float]) -> float:
    return max(held.get(device.id, 0.0), HOUR.total_seconds() / device.interval_s)


def serve_devices(
    engine: Engine, wanted: Mapping[DeviceRecord, int], held: Mapping[int, float], *, now: datetime
) -> dict[DeviceRecord, int]:
    """Serve up to so many marks of each of some devices; gives how many were, without those that had none served.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database fails.
    """
    served: Counter[DeviceRecord] = Counter()
    left = dict(wanted)
    while left:
        pieces = _try_piece(engine, left, held, now=now)
        served.update(pieces)
        left = {device: left[device] - count for device, count in pieces.items() if count < left[device]}
    return dict(served)


def _try_piece(
    engine: Engine, wanted: Mapping[DeviceRecord, int], held: Mapping[int, float], *, now: datetime
) -> dict[DeviceRecord, int]:
    """Serve marks of devices together, or if that cannot be done, of each alone."""
    try:
        return _serve_piece(engine, wanted, held, now=now)
    except SQLAlchemyError:
        raise
    except Exception:  # one device's history must not stand in the way of all the others
        if len(wanted) > 1:
            alone = [_try_piece(engine, {device: count}, held, now=now) for device, count in wanted.items()]
            return {device: count for pieces in alone for device, count in pieces.items()}
        log.exception("the hours of %s cannot be computed; they stay marked", next(iter(wanted)).name)
        return {}


def _serve_piece(
    engine: Engine, wanted: Mapping[DeviceRecord, int], held: Mapping[int, float], *, now: datetime
) -> dict[DeviceRecord, int]:
    """Serve marks of devices: compute, then remove them; a mark that was set again meanwhile stays."""
    with session_scope(engine) as session:
        # Two jobs at once could each overwrite with older readings what the other one just computed.
        hold_all(session, Lock.DEVICE_ROLLUPS, [device.id for device in wanted])
        # Of several devices, which have few marks, also those that were set since.
        limit = sum(wanted.values()) + PIECE
        if len(wanted) == 1:
            ((device, count),) = wanted.items()
            limit = min(count, PIECE, max(_FEWEST_HOURS, int(_READINGS / _per_hour(device, held))))
        taken = take_dirty_hours(session, limit=limit, device_ids=[device.id for device in wanted])
        marks = dict(list(taken.groupby("device_id")))
        found = [(device, marks[device.id]["hour"]) for device in wanted if device.id in marks]
        if found:
            compute_hours(session, found, now=now)
            clear_dirty_hours(session, taken)
    return {device: len(hours) for device, hours in found}
