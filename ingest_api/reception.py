"""What one transaction stores: the batches of one or of many devices, together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from ingest_api.intake import FindCalibrations, Outcome, take_in
from ingest_api.known_streams import KnownStreams
from ingest_api.payloads import Batch
from ingest_api.sent import SentReadings
from ingest_api.timestamps import milliseconds
from models.read.devices import DeviceRecord
from models.write.readings import DeviceSeen, record_seen


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as one device sent it, and from where."""

    device: DeviceRecord
    batch: Batch
    now: datetime
    address: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many readings of a batch met which fate; every one of them is final, and committed."""

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    rejected: int


def receive(
    session: Session, deliveries: Sequence[Delivery], *, calibrations_of: FindCalibrations, streams: KnownStreams
) -> list[Receipt]:
    """Store deliveries in their order and give the receipt of each; nothing is committed here.

    A delivery without any acceptable reading still counts as a sign of life.
    """
    now = max(delivery.now for delivery in deliveries)
    sent = SentReadings.together([_with_stream(session, delivery, streams) for delivery in deliveries])
    devices = {delivery.device.id: delivery.device for delivery in deliveries}
    verdicts = take_in(session, devices, sent, now=now, calibrations_of=calibrations_of)
    record_seen(session, *(_contact(delivery) for delivery in deliveries))
    counts = _count(verdicts.outcome, [len(delivery.batch.sent) for delivery in deliveries])
    return [
        Receipt(stored, duplicates, conflicts, quarantined, len(delivery.batch.rejected))
        for (stored, duplicates, conflicts, quarantined), delivery in zip(counts, deliveries, strict=True)
    ]


def skew_ms(batch: Batch, now: datetime) -> int | None:
    """Tell how far the Pi's clock is ahead of ours, the time on the network included; None if it did not say."""
    return None if batch.sent_at_ms is None else batch.sent_at_ms - milliseconds(now)


def _with_stream(session: Session, delivery: Delivery, streams: KnownStreams) -> SentReadings:
    batch = delivery.batch
    if batch.stream is None or not len(batch.sent):
        return batch.sent
    number = streams.number(session, delivery.device.id, batch.stream, batch.dropped or 0, delivery.now)
    return replace(batch.sent, stream=np.full(len(batch.sent), number))


def _contact(delivery: Delivery) -> DeviceSeen:
    device, batch, now = delivery.device, delivery.batch, delivery.now
    # A second is no promise to go on like this: the device's own interval still says when it counts as silent.
    interval_s = None if device.is_live(now) else batch.interval_s
    seen = DeviceSeen(device.id, now, skew_ms(batch, now), interval_s, batch.agent, delivery.address)
    return replace(seen, config_damaged=bool(batch.config_damaged))


def _count(outcome: npt.NDArray[np.int8], lengths: Sequence[int]) -> list[list[int]]:
    """Count the fates per delivery: stored, duplicate, conflict, quarantined."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(owner * len(Outcome) + outcome, minlength=len(lengths) * len(Outcome))
    table: list[list[int]] = counts.reshape(-1, len(Outcome)).tolist()
    return table
