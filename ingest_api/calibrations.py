"""Which calibration was valid for which reading, and what the readings' millivolts mean by it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd

from analytics.calibration import EcCalibration, PhCalibration, ec_from_mv, ph_from_mv
from analytics.quantities import Quantity
from ingest_api.sent import FloatArray, IntArray, SentReadings

#: Stored as null: the probe board's nominal values were used, nobody calibrated.
NOMINAL_ID = 0

Kind = TypeVar("Kind", PhCalibration, EcCalibration)
Convert = Callable[[FloatArray, FloatArray, Kind], FloatArray]


class Converted(NamedTuple):
    """Values of shape (n,), NaN where there were no millivolts, and the calibration each was made with."""

    values: FloatArray
    calibration_id: IntArray


@dataclass(frozen=True, slots=True)
class _History(Generic[Kind]):
    """The calibrations of one probe in the order they became valid; the nominal one comes before all of them."""

    valid_from_ms: IntArray
    ids: list[int]
    versions: list[Kind]


@dataclass(frozen=True, slots=True)
class Calibrations:
    """The calibrations of some devices, by device."""

    ph: Mapping[int, _History[PhCalibration]]
    ec: Mapping[int, _History[EcCalibration]]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """Take them from a frame of :func:`models.read.calibrations.calibrations_frame`."""
        return cls(_histories(frame, Quantity.PH, PhCalibration), _histories(frame, Quantity.EC, EcCalibration))

    def ph_of(self, sent: SentReadings, ph_mv: FloatArray, water_c: FloatArray) -> Converted:
        """Compute pH from millivolts of shape (n,), each by the calibration valid at its time."""
        return _convert(sent, ph_mv, water_c, self.ph, PhCalibration(), ph_from_mv)

    def ec_of(self, sent: SentReadings, ec_mv: FloatArray, water_c: FloatArray) -> Converted:
        """Compute EC at 25 °C in µS/cm from millivolts of shape (n,), likewise."""
        return _convert(sent, ec_mv, water_c, self.ec, EcCalibration(), ec_from_mv)


def _histories(frame: pd.DataFrame, quantity: Quantity, kind: type[Kind]) -> dict[int, _History[Kind]]:
    known = {field.name for field in fields(kind)}
    rows = frame[frame["quantity"] == quantity].sort_values(["device_id", "valid_from", "id"])
    return {
        int(device_id): _History(
            pd.DatetimeIndex(one["valid_from"]).as_unit("ms").asi8,
            [int(number) for number in one["id"]],
            [_build(kind, parameters, known) for parameters in one["parameters"]],
        )
        for device_id, one in rows.groupby("device_id")
    }


def _build(kind: type[Kind], parameters: Mapping[str, Any], known: set[str]) -> Kind:
    return kind(**{name: value for name, value in parameters.items() if name in known and value is not None})


def _convert(
    sent: SentReadings,
    millivolts: FloatArray,
    water_c: FloatArray,
    histories: Mapping[int, _History[Kind]],
    nominal: Kind,
    convert: Convert[Kind],
) -> Converted:
    values = np.full(len(sent), np.nan)
    ids = np.full(len(sent), NOMINAL_ID, dtype=np.int64)
    rows = np.flatnonzero(~np.isnan(millivolts))
    for device_id, of_device in _by_device(sent.device_id, rows):
        for number, version, chosen in _versions(histories.get(device_id), nominal, sent.ts_ms, of_device):
            values[chosen] = convert(millivolts[chosen], water_c[chosen], version)
            ids[chosen] = number
    return Converted(values, ids)


def _by_device(device_id: IntArray, rows: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Split row positions by device."""
    if rows.size == 0:
        return
    ordered = rows[np.argsort(device_id[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(device_id[ordered], prepend=np.int64(-1)))
    for part in np.split(ordered, starts[1:]):
        yield int(device_id[part[0]]), part


def _versions(
    history: _History[Kind] | None, nominal: Kind, ts_ms: IntArray, rows: IntArray
) -> Iterator[tuple[int, Kind, IntArray]]:
    """Split one device's rows by the calibration valid at their time."""
    if history is None:
        yield NOMINAL_ID, nominal, rows
        return
    which = np.searchsorted(history.valid_from_ms, ts_ms[rows], side="right") - 1
    for position in np.unique(which):
        chosen = rows[which == position]
        if position < 0:
            yield NOMINAL_ID, nominal, chosen
        else:
            yield history.ids[position], history.versions[position], chosen
