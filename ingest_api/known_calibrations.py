"""Calibrations as they were read before, where they are still the same."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from ingest_api.calibrations import Calibrations
from models.read.calibrations import calibration_rows, hold_calibrations


class _Known(NamedTuple):
    ids: tuple[int, ...]
    calibrations: Calibrations


class KnownCalibrations:
    """Remembers the calibrations of devices; each time, only their ids are asked for.

    The valid ids are read in the caller's transaction, which holds the calibrations from then on: no answer can be
    older than the readings it is for.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def of(self, session: Session, device_ids: Sequence[int]) -> Calibrations:
        """Hold the calibrations of some devices, and give them."""
        valid = hold_calibrations(session, device_ids)
        known = {
            one: self._known[one] for one, ids in valid.items() if one in self._known and self._known[one].ids == ids
        }
        if changed := valid.keys() - known.keys():
            known |= self._read(session, sorted(changed), valid)
        parts = [one.calibrations for one in known.values()]
        return Calibrations(
            {device: history for part in parts for device, history in part.ph.items()},
            {device: history for part in parts for device, history in part.ec.items()},
            {probe: checks for part in parts for probe, checks in part.checks.items()},
        )

    def _read(
        self, session: Session, device_ids: Sequence[int], valid: dict[int, tuple[int, ...]]
    ) -> dict[int, _Known]:
        rows = calibration_rows(session, device_ids)
        read = {
            one: _Known(valid[one], Calibrations.of([row for row in rows if row.device_id == one]))
            for one in device_ids
        }
        self._known.update(read)
        return read
