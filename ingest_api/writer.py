"""Batches of devices go into the database here, whatever door they came through.

Small batches that arrive while others are being committed are stored together, in one transaction, and each is
answered after its COMMIT: a durable commit waits for the disk, and thirty of them need not wait thirty times. There is
no thread of its own for this. The first request that finds nobody at work leads: it stores all that wait, its own
among them, wakes them, and hands the lead to one that came meanwhile.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition, Event, Lock

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, TimeoutError

from ingest_api.known_calibrations import KnownCalibrations
from ingest_api.known_streams import KnownStreams
from ingest_api.overload import PATIENCE_S, Overloaded, Slots
from ingest_api.payloads import Batch
from ingest_api.reception import Delivery, Receipt, receive
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.timeouts import limit_lock_waits

log = logging.getLogger(__name__)

#: Batches up to this size share a transaction; for bigger ones the commit is the smaller part.
MOST_ROWS_SHARED = 50
MOST_SHARING = 64
MOST_WAITING = 256
#: A transaction costs nearly the same for thirty batches as for one. Where this many shared the last one, whoever leads
#: lets the crowd come: until as many wait as did lately, or none came for a moment, but not for long.
CROWD, STILL_S, GATHER_S = 4, 0.004, 0.02
#: A body up to this size is read without asking for room; gzipped, it may unpack to a thousand times as much.
MOST_BYTES_AT_LIBERTY = 2048
#: Big batches that are read, and stored, at the same time, and those that may wait for it. Reading is all calculation:
#: two at once would be no faster, only slower to let anybody between. Those that wait keep a thread each from the small
#: ones, which is why they are few; the rest come back, each at another moment.
READ_AT_ONCE, STORED_AT_ONCE, BIG_WAITING = 1, 2, 5
#: How long a transaction waits for a row or a table that somebody else has locked: one batch alone, several together.
#: Whoever leads after having waited for his turn waits for both, and is to be answered within three seconds.
LOCK_PATIENCE_S, SHARED_LOCK_PATIENCE_S = 0.9, 0.3
#: How long the batches of a transaction that failed are tried one by one; the next ones wait meanwhile.
ONE_BY_ONE_S = 0.6


@dataclass(slots=True, eq=False)
class _Waiting:
    """A delivery on its way: first in the queue, then stored or failed, or asked to lead."""

    delivery: Delivery
    woken: Event = field(default_factory=Event)
    receipt: Receipt | None = None
    error: Exception | None = None


class Writer:
    """Stores batches: big ones each for itself, small ones together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._calibrations, self._streams = KnownCalibrations(), KnownStreams()
        self._reading = Slots(READ_AT_ONCE, waiting=BIG_WAITING)
        self._storing = Slots(STORED_AT_ONCE, waiting=BIG_WAITING)
        self._guard = Lock()
        self._queue: list[_Waiting] = []
        self._has_leader = False
        self._crowd = 0, 0
        self._all_here = Condition(self._guard)
        self._busy: Counter[int] = Counter()

    @property
    def waiting(self) -> int:
        """How many small batches wait for the next transaction."""
        return len(self._queue)

    @contextmanager
    def room_to_read(self, wire_bytes: int | None) -> Iterator[None]:
        """Hold one of few places while a big body is unpacked and parsed; a small one needs none.

        A body whose length is not known beforehand (None) may be big.

        Raises
        ------
        Overloaded
            If too many big ones are under way already.
        """
        is_small = wire_bytes is not None and wire_bytes <= MOST_BYTES_AT_LIBERTY
        with nullcontext() if is_small else self._reading.one():
            yield

    def submit(self, device: DeviceRecord, batch: Batch, *, now: datetime, address: str | None) -> Receipt:
        """Store a batch of one device and come back when it is committed.

        A batch without any acceptable reading still counts as a sign of life.

        Raises
        ------
        Overloaded
            If too much is under way already, or the turn did not come in time. It may be stored all the same if the
            database was slow to answer; sent again, it is a duplicate.
        sqlalchemy.exc.DBAPIError
            If the database cannot be reached, is full, or refuses the batch; nothing was stored.
        """
        delivery = Delivery(device, batch, now, address)
        if len(batch.sent) > MOST_ROWS_SHARED:
            with self._storing.one(), self._busy_with(device):
                return self._store([delivery])[0]
        if device.id in self._busy:  # it waits for its own big batch, and nobody else should wait with it
            return self._store([delivery])[0]
        mine = _Waiting(delivery)
        if self._join(mine):
            self._lead(mine)
        elif not mine.woken.wait(PATIENCE_S) and self._leave(mine):
            raise Overloaded(f"no turn came within {PATIENCE_S:g} s")
        return self._outcome(mine)

    @contextmanager
    def _busy_with(self, device: DeviceRecord) -> Iterator[None]:
        """Remember that a big batch of a device is being stored."""
        with self._guard:
            self._busy[device.id] += 1
        try:
            yield
        finally:
            with self._guard:
                self._busy[device.id] -= 1
                self._busy += Counter()  # drops those at zero

    def _join(self, mine: _Waiting) -> bool:
        """Queue up; True if nobody leads, so that the caller has to."""
        with self._guard:
            if len(self._queue) >= MOST_WAITING:
                raise Overloaded(f"{MOST_WAITING} batches wait for their turn")
            self._queue.append(mine)
            leads, self._has_leader = not self._has_leader, True
            if len(self._queue) == sum(self._crowd):
                self._all_here.notify()
        return leads

    def _leave(self, mine: _Waiting) -> bool:
        """Give up waiting; False if the outcome, or the lead, came at the last moment."""
        with self._guard:
            if mine.woken.is_set():
                return False
            if mine in self._queue:
                self._queue.remove(mine)
        return True

    def _outcome(self, mine: _Waiting) -> Receipt:
        if mine.receipt is None and mine.error is None:
            self._lead(mine)
        if mine.receipt is None:
            raise mine.error or RuntimeError("a batch was neither stored nor refused")
        return mine.receipt

    def _lead(self, mine: _Waiting) -> None:
        """Store everything that waits, the caller's own included, then hand over."""
        with self._guard:
            self._gather()
            group, self._queue = self._queue[:MOST_SHARING], self._queue[MOST_SHARING:]
            self._crowd = self._crowd[1], len(group)
        try:
            self._settle(group)
        finally:
            with self._guard:
                for one in group:
                    if one.receipt is None and one.error is None:
                        one.error = Overloaded("the transaction was cut off")
                    one.woken.set()
                if self._queue:
                    self._queue[0].woken.set()
                else:
                    self._has_leader = False

    def _gather(self) -> None:
        """Let a crowd come; those that were answered a moment ago are about to send again.

        Held by the guard, which is free while this waits.
        """
        until_s, came = time.monotonic() + GATHER_S, self._crowd[1] >= CROWD
        while came and len(self._queue) < min(sum(self._crowd), MOST_SHARING) and time.monotonic() < until_s:
            here = len(self._queue)
            self._all_here.wait(STILL_S)
            came = len(self._queue) > here

    def _settle(self, group: Sequence[_Waiting], *, again: bool = False) -> None:
        """Give every member its receipt or its error; a faulty batch costs only itself."""
        patience_s = SHARED_LOCK_PATIENCE_S if again or len(group) > 1 else LOCK_PATIENCE_S
        try:
            receipts = self._store([one.delivery for one in group], lock_patience_s=patience_s)
        except Exception as error:  # whatever it is, it belongs to the request that caused it
            if len(group) == 1 or _concerns_everybody(error):
                for one in group:
                    one.error = error
            else:
                log.warning("a transaction of %d batches failed, each is tried alone: %s", len(group), error)
                self._settle_each(group)
        else:
            for one, receipt in zip(group, receipts, strict=True):
                one.receipt = receipt

    def _settle_each(self, group: Sequence[_Waiting]) -> None:
        """Settle every member alone, while there is time; those that got no turn are asked to come back."""
        until_s = time.monotonic() + ONE_BY_ONE_S
        for one in group:
            if time.monotonic() < until_s:
                self._settle([one], again=True)
            else:
                one.error = Overloaded("a batch before this one waited too long for a lock")

    def _store(self, deliveries: Sequence[Delivery], *, lock_patience_s: float = LOCK_PATIENCE_S) -> list[Receipt]:
        with session_scope(self._engine) as session:
            limit_lock_waits(session, lock_patience_s)
            return receive(session, deliveries, calibrations_of=self._calibrations.of, streams=self._streams)


def _concerns_everybody(error: Exception) -> bool:
    """Tell whether the database is away, slow or full, so that no member of a group would fare better alone.

    A lock that could not be had, or a deadlock, concerns whoever touches those rows.
    """
    if isinstance(error, OperationalError) and isinstance(error.orig, LockNotAvailable | DeadlockDetected):
        return False
    return isinstance(error, OperationalError | TimeoutError)
