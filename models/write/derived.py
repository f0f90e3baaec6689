"""Derived values replaced after a calibration changed; what was sent is never touched."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from models.arrays import Float8Array, Int8Array, Int8OrNullArray, PgArray, TimestampArray
from models.write.dirty import mark_hours

FloatColumn = npt.NDArray[np.float64]
IntColumn = npt.NDArray[np.int64]

_COLUMNS = ("ph", "ec_us_cm", "ph_calibration_id", "ec_calibration_id", "quality", "tests")
_NEW = f"unnest(%(ts)s, {', '.join(f'%({name})s' for name in _COLUMNS)}) AS derived(ts, {', '.join(_COLUMNS)})"


def _kept(value: str, measured: str) -> str:
    """Keep the value first derived when it changes for the first time; NaN says that there was none."""
    return (
        f"{measured} = CASE WHEN readings.{value} IS DISTINCT FROM derived.{value} "
        f"THEN coalesce(readings.{measured}, readings.{value}, 'NaN') ELSE readings.{measured} END"
    )


_REPLACE = (
    f"UPDATE readings SET {', '.join(f'{name} = derived.{name}' for name in _COLUMNS)}, "  # noqa: S608 (own constants)
    f"{_kept('ph', 'ph_measured')}, {_kept('ec_us_cm', 'ec_measured')} FROM {_NEW} "
    "WHERE readings.device_id = %(device_id)s AND readings.ts = derived.ts "
    "AND readings.ts >= %(first)s AND readings.ts <= %(last)s"
)
_CURRENT = ("ph", "ec_us_cm", "quality", "tests")
_REPLACE_CURRENT = (
    f"UPDATE device_state SET {', '.join(f'{name} = derived.{name}' for name in _CURRENT)} FROM {_NEW} "  # noqa: S608
    "WHERE device_state.device_id = %(device_id)s AND device_state.ts = derived.ts"
)


@dataclass(frozen=True, eq=False)
class Derived:
    """New derived values of some readings of one device; arrays of shape (n,), ``ts_ms`` increasing.

    NaN is a value that cannot be, 0 no calibration and no test. ``quality`` and ``tests`` are packed.
    """

    ts_ms: IntColumn
    ph: FloatColumn
    ec_us_cm: FloatColumn
    ph_calibration_id: IntColumn
    ec_calibration_id: IntColumn
    quality: npt.NDArray[np.integer]
    tests: IntColumn

    def __len__(self) -> int:
        return self.ts_ms.size


def replace_derived(session: Session, device_id: int, derived: Derived, *, now: datetime) -> None:
    """Write new derived values, mark their hours, and bring along what the device's state says of its newest reading.

    A value that changes for the first time is kept in ``ph_measured`` or ``ec_measured``, for ever.
    """
    if not len(derived):
        return
    first, last = (datetime.fromtimestamp(int(edge) / 1000, UTC) for edge in (derived.ts_ms[0], derived.ts_ms[-1]))
    parameters = {"device_id": device_id, "first": first, "last": last, **_parameters(derived)}
    session.connection().exec_driver_sql(_REPLACE, parameters)
    session.connection().exec_driver_sql(_REPLACE_CURRENT, parameters)
    mark_hours(session, np.full(len(derived), device_id), derived.ts_ms, now=now)


def _parameters(derived: Derived) -> dict[str, PgArray]:
    return {
        "ts": TimestampArray(derived.ts_ms),
        "ph": Float8Array(derived.ph),
        "ec_us_cm": Float8Array(derived.ec_us_cm),
        "ph_calibration_id": Int8OrNullArray(derived.ph_calibration_id, null=0),
        "ec_calibration_id": Int8OrNullArray(derived.ec_calibration_id, null=0),
        "quality": Int8Array(derived.quality),
        "tests": Int8OrNullArray(derived.tests, null=0),
    }
