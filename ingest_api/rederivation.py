"""Stored readings derived once more, by the calibrations as they are now: the same way in, from what was sent."""

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, Test, pack_flags, pack_tests, unpack_flags, unpack_tests
from analytics.quantities import Quantity
from ingest_api.calibrations import Calibrations
from ingest_api.derivation import rows_to_store
from ingest_api.sent import SentReadings
from models.read.devices import DeviceRecord
from models.rows import ReadingRows
from models.write.derived import Derived

#: What has to be read of the readings: what was sent, and what was derived from it.
COLUMNS = (
    *("ph_mv", "ec_mv", "water_c", "ph_sent", "ec_sent"),
    *("ph", "ec_us_cm", "ph_calibration_id", "ec_calibration_id", "quality", "tests"),
)
_CALIBRATION_IDS = {Quantity.PH: "ph_calibration_id", Quantity.EC: "ec_calibration_id"}


def derive_again(frame: pd.DataFrame, device: DeviceRecord, calibrations: Calibrations) -> Derived:
    """Derive a device's stored readings and give those that come out differently.

    Parameters
    ----------
    frame
        Columns :data:`COLUMNS` as from :func:`models.read.readings.readings_frame`, which also gives the index.

    Returns
    -------
    Derived
        Rows whose pH or EC, or the calibration behind it, is another one now. A channel whose value changed has the
        flags of a reading just arrived, until its neighbours are looked at again; the other channels keep theirs, and
        so does every value whose flag a person has decided.
    """
    known_tests = unpack_tests(frame["tests"])
    rows = rows_to_store(_as_sent(frame, device, known_tests), {device.id: device}, calibrations)
    revalued = {one: _differs(frame[one].to_numpy(), getattr(rows, one)) for one in _CALIBRATION_IDS}
    touched = np.zeros(len(frame), dtype=bool)
    for quantity, column in _CALIBRATION_IDS.items():
        touched |= revalued[quantity] | (frame[column].to_numpy() != getattr(rows, column))
    quality, tests = _joined_flags(frame, rows, known_tests, revalued)
    return Derived(
        ts_ms=rows.ts_ms[touched],
        ph=rows.ph[touched],
        ec_us_cm=rows.ec_us_cm[touched],
        ph_calibration_id=rows.ph_calibration_id[touched],
        ec_calibration_id=rows.ec_calibration_id[touched],
        quality=quality[touched],
        tests=tests[touched],
    )


def _as_sent(frame: pd.DataFrame, device: DeviceRecord, tests: tuple[np.ndarray, ...]) -> SentReadings:
    # A person's verdict is about a value; it is no reason why there is none.
    said = [one & ~np.uint16(Test.OVERRIDE) for one in tests]
    hints = dict(zip(("ph_hints", "ec_hints", "water_hints"), said, strict=True))
    values = {name: frame[name].to_numpy() for name in ("ph_mv", "ec_mv", "water_c")}
    finished = {"ph": frame["ph_sent"].to_numpy(), "ec_us_cm": frame["ec_sent"].to_numpy()}
    ts_ms = pd.DatetimeIndex(frame.index).as_unit("ms").asi8
    return SentReadings.of(device.id, ts_ms, **values, **finished, **hints)


def _differs(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (before != after) & ~(np.isnan(before) & np.isnan(after))


def _joined_flags(
    frame: pd.DataFrame, rows: ReadingRows, known_tests: tuple[np.ndarray, ...], revalued: dict[Quantity, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Take new flags for the channels that changed and keep those of the others, and what people decided."""
    never = np.zeros(len(frame), dtype=bool)
    chosen = [
        revalued.get(one, never) & ~(((known & Test.OVERRIDE) != 0) & ~np.isnan(getattr(rows, one)))
        for one, known in zip(CHANNELS, known_tests, strict=True)
    ]
    flags = zip(chosen, unpack_flags(rows.quality), unpack_flags(frame["quality"]), strict=True)
    tests = zip(chosen, unpack_tests(rows.tests), known_tests, strict=True)
    return (
        pack_flags(*(np.where(*one) for one in flags)),
        pack_tests(*(np.where(*one) for one in tests)),
    )
