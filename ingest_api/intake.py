"""The one way into the readings table: for a Pi's post, for an imported file, for whatever comes.

Everything here works on columns and inside the caller's transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, unique

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from ingest_api.calibrations import Calibrations
from ingest_api.derivation import rows_to_store
from ingest_api.misdated import Misdated, as_sent, find_misdated
from ingest_api.sent import SentReadings
from ingest_api.service import mark_service
from ingest_api.timestamps import format_moment, moment_of
from models.read.calibrations import calibration_rows, hold_calibrations
from models.read.devices import DeviceRecord
from models.write.readings import QuarantineRow, ReadingRows, StoreOutcome, quarantine, store_readings

FindCalibrations = Callable[[Session, Sequence[int]], Calibrations]


@unique
class Outcome(IntEnum):
    """What became of a reading; every one of them is final."""

    STORED = StoreOutcome.STORED
    DUPLICATE = StoreOutcome.DUPLICATE
    CONFLICT = StoreOutcome.CONFLICT
    QUARANTINED = 3


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The fate of each reading, in the order sent: arrays of shape (n,).

    ``quality`` and ``tests`` are the packed flags derived for it, also where an older reading kept its place.
    """

    outcome: npt.NDArray[np.int8]
    quality: npt.NDArray[np.int16]
    tests: npt.NDArray[np.int64]

    def count(self, outcome: Outcome) -> int:
        """Count the readings with this fate."""
        return int(np.count_nonzero(self.outcome == outcome))


def read_calibrations(session: Session, device_ids: Sequence[int]) -> Calibrations:
    """Hold the calibrations of some devices until the transaction ends, and read them from the database."""
    hold_calibrations(session, device_ids)
    return Calibrations.of(calibration_rows(session, device_ids))


def take_in(
    session: Session,
    devices: Mapping[int, DeviceRecord],
    sent: SentReadings,
    *,
    now: datetime,
    calibrations_of: FindCalibrations = read_calibrations,
) -> Verdicts:
    """Derive, judge and store readings of any number of devices.

    ``devices`` holds a record for every ``device_id`` in ``sent``, by id. First write wins: a reading that is there
    already stays as it is. Readings with an impossible time are quarantined. Nothing is committed here.
    ``calibrations_of`` holds calibrations and gives them; it may know some without asking for all of them again.
    """
    if not len(sent):
        return Verdicts(np.empty(0, np.int8), np.empty(0, np.int16), np.empty(0, np.int64))
    rows = derive(session, devices, sent, calibrations_of)
    outcome = np.full(len(sent), Outcome.QUARANTINED, dtype=np.int8)
    misdated = find_misdated(sent, devices, now=now)
    sound = np.flatnonzero(misdated == Misdated.NO)
    if sound.size == len(sent):
        outcome[:] = store_readings(session, rows, now=now)
    elif sound.size:
        outcome[sound] = store_readings(session, rows.take(sound), now=now)
    if sound.size < len(sent):
        _set_apart(session, sent, misdated, now=now)
    return Verdicts(outcome, rows.quality, rows.tests)


def derive(
    session: Session,
    devices: Mapping[int, DeviceRecord],
    sent: SentReadings,
    calibrations_of: FindCalibrations = read_calibrations,
) -> ReadingRows:
    """Compute the rows to store by the calibrations in the database; nothing is written.

    The calibrations stay as they are until the transaction ends, so that a change to them finds these rows stored.
    """
    ids = [int(one) for one in np.unique(sent.device_id)]
    return rows_to_store(mark_service(sent, devices), devices, calibrations_of(session, ids))


def _set_apart(session: Session, sent: SentReadings, misdated: npt.NDArray[np.int8], *, now: datetime) -> None:
    """Hold the misdated readings as they came, with the reason."""
    quarantine(
        session,
        [
            QuarantineRow(
                device_id=int(sent.device_id[row]),
                ts=format_moment(moment_of(int(sent.ts_ms[row]))),
                reason=Misdated(misdated[row]).reason,
                reading=as_sent(sent, int(row)),
                received_at=now,
            )
            for row in np.flatnonzero(misdated)
        ],
    )
