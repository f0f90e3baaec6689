"""Which calibration was valid for which reading, and what the readings mean by it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np

from analytics.calibration import EcCalibration, PhCalibration, ec_from_mv, ph_from_mv
from analytics.drift import blended_ec, blended_ph, share_of_time
from analytics.quantities import Quantity
from ingest_api.offsets import Check, apply_offsets, checks_of
from ingest_api.sent import FloatArray, IntArray, SentReadings
from ingest_api.timestamps import milliseconds
from models.read.calibrations import CalibrationRow

#: Stored as null: the probe board's nominal values were used, nobody calibrated.
NOMINAL_ID = 0

Kind = TypeVar("Kind", PhCalibration, EcCalibration)


class Converted(NamedTuple):
    """Values of shape (n,), NaN where there is none, and the calibration each was made with."""

    values: FloatArray
    calibration_id: IntArray


@dataclass(frozen=True, slots=True)
class _Version(Generic[Kind]):
    """One calibration; with ``blends`` the readings since the one before drift from that one to ``as_found``."""

    id: int
    calibration: Kind
    as_found: Kind
    blends: bool


@dataclass(frozen=True, slots=True)
class _History(Generic[Kind]):
    """The calibrations of one probe in the order they became valid; the nominal one comes before all of them."""

    valid_from_ms: IntArray
    versions: list[_Version[Kind]]


@dataclass(frozen=True, slots=True)
class _Conversion(Generic[Kind]):
    """How one quantity follows from millivolts: by one calibration, or on the way from one to another."""

    nominal: Kind
    convert: Callable[[FloatArray, FloatArray, Kind], FloatArray]
    blend: Callable[..., FloatArray]


_PH = _Conversion(PhCalibration(), ph_from_mv, blended_ph)
_EC = _Conversion(EcCalibration(), ec_from_mv, blended_ec)


@dataclass(frozen=True, slots=True)
class Calibrations:
    """The calibrations of some devices, by device."""

    ph: Mapping[int, _History[PhCalibration]]
    ec: Mapping[int, _History[EcCalibration]]
    checks: Mapping[tuple[int, str], list[Check]]

    @classmethod
    def of(cls, rows: Sequence[CalibrationRow]) -> Self:
        """Take them from the rows of :func:`models.read.calibrations.calibration_rows`, in their order."""
        visits: dict[tuple[int, str], list[CalibrationRow]] = {}
        for row in rows:
            visits.setdefault((row.device_id, row.quantity), []).append(row)
        checks = {probe: checks_of(of_probe) for probe, of_probe in visits.items()}
        return cls(
            _histories(visits, Quantity.PH, PhCalibration),
            _histories(visits, Quantity.EC, EcCalibration),
            {probe: of_probe for probe, of_probe in checks.items() if of_probe},
        )

    def ph_of(self, sent: SentReadings, ph_mv: FloatArray, water_c: FloatArray) -> Converted:
        """Give the pH of every reading: from its millivolts by the calibration valid at its time, else as sent.

        ``ph_mv`` are the millivolts as they are stored. Either is then corrected by the gaps found with a meter; where
        that changes a value, the calibration named is the visit at which the gap was found.
        """
        made = _convert(sent, ph_mv, water_c, self.ph, _PH)
        return self._corrected(sent, _or_as_sent(made, sent.ph_mv, sent.ph), Quantity.PH)

    def ec_of(self, sent: SentReadings, ec_mv: FloatArray, water_c: FloatArray) -> Converted:
        """Give the EC at 25 °C in µS/cm of every reading, likewise."""
        made = _convert(sent, ec_mv, water_c, self.ec, _EC)
        return self._corrected(sent, _or_as_sent(made, sent.ec_mv, sent.ec_us_cm), Quantity.EC)

    def _corrected(self, sent: SentReadings, made: Converted, quantity: Quantity) -> Converted:
        if not any(of == quantity for _, of in self.checks):
            return made
        corrected, ids = made.values.copy(), made.calibration_id.copy()
        for device_id, rows in _by_device(sent.device_id, np.flatnonzero(~np.isnan(made.values))):
            checks = self.checks.get((device_id, quantity), [])
            corrected[rows], by = apply_offsets(sent.ts_ms[rows], made.values[rows], checks)
            ids[rows] = np.where(by, by, ids[rows])
        return Converted(corrected, ids)


def _or_as_sent(made: Converted, millivolts: FloatArray, sent: FloatArray) -> Converted:
    """Take what was sent where there are no millivolts."""
    has_millivolts = ~np.isnan(millivolts)
    ids = np.where(has_millivolts, made.calibration_id, NOMINAL_ID)
    return Converted(np.where(has_millivolts, made.values, sent), ids)


def _histories(
    visits: Mapping[tuple[int, str], Sequence[CalibrationRow]], quantity: Quantity, kind: type[Kind]
) -> dict[int, _History[Kind]]:
    """Give the calibrations of one quantity, by device, where there are any."""
    found = {
        device: [row for row in rows if row.method != "offset"]
        for (device, of), rows in visits.items()
        if of == quantity
    }
    return {device: _history(rows, kind) for device, rows in found.items() if rows}


def _history(rows: Sequence[CalibrationRow], kind: type[Kind]) -> _History[Kind]:
    starts = np.array([milliseconds(row.valid_from) for row in rows], dtype=np.int64)
    return _History(starts, [_version(row, kind) for row in rows])


def _version(row: CalibrationRow, kind: type[Kind]) -> _Version[Kind]:
    calibration = _build(kind, row.parameters)
    as_found = _build(kind, row.as_found) if row.as_found else calibration
    return _Version(row.id, calibration, as_found, row.transition == "blend")


def _build(kind: type[Kind], parameters: Mapping[str, Any]) -> Kind:
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in parameters.items() if name in known and value is not None})


def _convert(
    sent: SentReadings,
    millivolts: FloatArray,
    water_c: FloatArray,
    histories: Mapping[int, _History[Kind]],
    conversion: _Conversion[Kind],
) -> Converted:
    values = np.full(len(sent), np.nan)
    ids = np.full(len(sent), NOMINAL_ID, dtype=np.int64)
    rows = np.flatnonzero(~np.isnan(millivolts))
    has_history = np.isin(sent.device_id[rows], list(histories))
    nominal = rows[~has_history]
    values[nominal] = conversion.convert(millivolts[nominal], water_c[nominal], conversion.nominal)
    for device_id, of_device in _by_device(sent.device_id, rows[has_history]):
        for history, position, chosen in _versions(histories[device_id], sent.ts_ms, of_device):
            read = millivolts[chosen], water_c[chosen]
            if history is None:
                values[chosen] = conversion.convert(*read, conversion.nominal)
            else:
                values[chosen] = _by_version(*read, sent.ts_ms[chosen], history, position, conversion)
                ids[chosen] = history.versions[position].id
    return Converted(values, ids)


def _by_version(
    millivolts: FloatArray,
    water_c: FloatArray,
    ts_ms: IntArray,
    history: _History[Kind],
    position: int,
    conversion: _Conversion[Kind],
) -> FloatArray:
    """Convert by one version, or, where the next one explains the drift up to it, on the way between the two."""
    version, following = history.versions[position], history.versions[position + 1 : position + 2]
    if not following or not following[0].blends:
        return conversion.convert(millivolts, water_c, version.calibration)
    visits = (int(one) for one in history.valid_from_ms[position : position + 2])
    share = share_of_time(ts_ms, *visits)
    return conversion.blend(millivolts, water_c, share, as_left=version.calibration, as_found=following[0].as_found)


def _by_device(device_id: IntArray, rows: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Split row positions by device."""
    if rows.size == 0:
        return
    ordered = rows[np.argsort(device_id[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(device_id[ordered], prepend=np.int64(-1)))
    for part in np.split(ordered, starts[1:]):
        yield int(device_id[part[0]]), part


def _versions(
    history: _History[Kind], ts_ms: IntArray, rows: IntArray
) -> Iterator[tuple[_History[Kind] | None, int, IntArray]]:
    """Split one device's rows by the calibration valid at their time; no history stands for the nominal values."""
    which = np.searchsorted(history.valid_from_ms, ts_ms[rows], side="right") - 1
    for position in np.unique(which):
        yield (None if position < 0 else history), int(position), rows[which == position]
