"""Batches of devices go into the database here, whatever door they came through."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest_api.intake import Outcome, take_in
from ingest_api.payloads import Batch
from ingest_api.timestamps import milliseconds
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.write.readings import DeviceSeen, record_seen, stream_number


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many readings of a batch met which fate; every one of them is final, and committed."""

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    rejected: int


class Writer:
    """Stores batches, one transaction at a time or several batches in one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit(self, device: DeviceRecord, batch: Batch, *, now: datetime, address: str | None) -> Receipt:
        """Store a batch of one device and come back when it is committed.

        A batch without any acceptable reading still counts as a sign of life.

        Raises
        ------
        Overloaded
            If too much is under way already; nothing was stored.
        sqlalchemy.exc.DBAPIError
            If the database cannot be reached, is full, or refuses the batch; nothing was stored.
        """
        with session_scope(self._engine) as session:
            return _receive(session, device, batch, now=now, address=address)


def _receive(session: Session, device: DeviceRecord, batch: Batch, *, now: datetime, address: str | None) -> Receipt:
    sent = batch.sent
    if batch.stream is not None and len(sent):
        number = stream_number(session, device.id, batch.stream, batch.dropped or 0, now)
        sent = replace(sent, stream=np.full(len(sent), number))
    verdicts = take_in(session, {device.id: device}, sent, now=now)
    # A second is no promise to go on like this: the device's own interval still says when it counts as silent.
    interval_s = None if device.is_live(now) else batch.interval_s
    seen = DeviceSeen(device.id, now, skew_ms(batch, now), interval_s, batch.agent, address)
    record_seen(session, seen)
    return Receipt(
        accepted=verdicts.count(Outcome.STORED),
        duplicates=verdicts.count(Outcome.DUPLICATE),
        conflicts=verdicts.count(Outcome.CONFLICT),
        quarantined=verdicts.count(Outcome.QUARANTINED),
        rejected=len(batch.rejected),
    )


def skew_ms(batch: Batch, now: datetime) -> int | None:
    """Tell how far the Pi's clock is ahead of ours, the time on the network included; None if it did not say."""
    return None if batch.sent_at_ms is None else batch.sent_at_ms - milliseconds(now)
