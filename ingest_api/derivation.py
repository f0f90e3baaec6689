"""From what was sent to what is stored: converted, judged, and the impossible taken out.

A channel that cannot be true becomes null with a flag that says why; the other channels of its reading stay. What
was sent is kept beside it wherever the table can hold it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analytics.flags import Flag, Test, pack_flags, pack_tests
from analytics.quality import Checked, Verdict, check_ec_mv, check_ph_mv, check_single, combine, mark_suspect, mark_told
from analytics.quantities import Medium, Quantity
from ingest_api.calibrations import Calibrations
from ingest_api.sent import FloatArray, MaskArray, SentReadings
from models.read.devices import DeviceRecord
from models.write.readings import ReadingRows

BoolArray = npt.NDArray[np.bool_]

# What the columns of the table hold; a CHECK refuses more, and one refused row would cost its whole batch.
_LARGEST_MV = 10_000.0
_LARGEST_SENT = 1e6


class _Channel(NamedTuple):
    values: FloatArray
    flags: npt.NDArray[np.uint8]
    tests: MaskArray


def rows_to_store(sent: SentReadings, devices: Mapping[int, DeviceRecord], calibrations: Calibrations) -> ReadingRows:
    """Compute the rows to store, in the order sent.

    Millivolts win over finished values. They are rounded to the 32 bits they are stored in before anything is
    computed, so that a later recomputation from the table gives the very same numbers. EC from millivolts without
    a water temperature assumes 25 °C and is flagged suspect (``STALE_TEMPERATURE``); pH hardly depends on it.
    """
    natural = _stands_in_natural_water(sent, devices)
    water = _judge(sent.water_c, Quantity.WATER, natural, None, sent.water_hints)
    ph_mv, ec_mv = _as_stored(sent.ph_mv), _as_stored(sent.ec_mv)
    ph_made = calibrations.ph_of(sent, ph_mv, water.values)
    ec_made = calibrations.ec_of(sent, ec_mv, water.values)
    ph = _judge(ph_made.values, Quantity.PH, natural, check_ph_mv(sent.ph_mv), sent.ph_hints)
    ec = _judge(ec_made.values, Quantity.EC, natural, check_ec_mv(sent.ec_mv), sent.ec_hints)
    uncompensated = np.isnan(water.values) & ~np.isnan(ec_mv)
    ec_flags, ec_tests = mark_suspect(Verdict(ec.flags, ec.tests), uncompensated, Test.STALE_TEMPERATURE)
    return ReadingRows(
        device_id=sent.device_id,
        ts_ms=sent.ts_ms,
        water_c=water.values,
        ph=ph.values,
        ec_us_cm=ec.values,
        ph_sent=_within(sent.ph, _LARGEST_SENT),
        ec_sent=_within(sent.ec_us_cm, _LARGEST_SENT),
        ph_mv=ph_mv,
        ec_mv=ec_mv,
        tests=pack_tests(ph.tests, ec_tests, water.tests),
        quality=pack_flags(ph.flags, ec_flags, water.flags),
        seq=sent.seq,
        ph_calibration_id=ph_made.calibration_id,
        ec_calibration_id=ec_made.calibration_id,
        stream=sent.stream,
        clock=sent.clock,
    )


def _stands_in_natural_water(sent: SentReadings, devices: Mapping[int, DeviceRecord]) -> BoolArray:
    return np.isin(sent.device_id, [device.id for device in devices.values() if device.medium == Medium.NATURAL])


def _as_stored(millivolts: FloatArray) -> FloatArray:
    return _within(millivolts, _LARGEST_MV).astype(np.float32).astype(np.float64)


def _within(values: FloatArray, largest: float) -> FloatArray:
    return np.where(np.abs(values) <= largest, values, np.nan)


def _judge(
    values: FloatArray, quantity: Quantity, natural: BoolArray, board: Verdict | None, hints: MaskArray
) -> _Channel:
    """Judge one channel by its value, by its board's millivolts where there are any; and say why it is missing."""
    checked = _check_by_medium(values, quantity, natural)
    verdict = Verdict(checked.flags, checked.tests)
    if board is not None:
        verdict = _where(board.flags != Flag.MISSING, combine(verdict, board), verdict)
    verdict = mark_told(verdict, hints)
    why_missing = np.where(verdict.flags == Flag.MISSING, hints, np.uint16(0))
    on_rail = (verdict.tests & Test.RAIL) != 0
    return _Channel(np.where(on_rail, np.nan, checked.values), verdict.flags, verdict.tests | why_missing)


def _where(choice: BoolArray, chosen: Verdict, otherwise: Verdict) -> Verdict:
    return Verdict(np.where(choice, chosen.flags, otherwise.flags), np.where(choice, chosen.tests, otherwise.tests))


def _check_by_medium(values: FloatArray, quantity: Quantity, natural: BoolArray) -> Checked:
    if not natural.any():
        return check_single(values, quantity, Medium.NUTRIENT)
    if natural.all():
        return check_single(values, quantity, Medium.NATURAL)
    nature, tank = (check_single(values, quantity, medium) for medium in (Medium.NATURAL, Medium.NUTRIENT))
    return Checked(
        np.where(natural, nature.values, tank.values),
        np.where(natural, nature.flags, tank.flags),
        np.where(natural, nature.tests, tank.tests),
    )
