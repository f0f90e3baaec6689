"""The map as numbers: one row per device or group, one column per stretch of time, seconds in the cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.pages.heatmap.span import Stretch
from app.pages.heatmap.view import Group, Order, Side
from models.read.devices import DeviceRecord

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sums by row and column, all of shape (rows, columns).

    ``covered_s`` is what usable readings held, ``judged_s`` the part of it for which there was a band, ``below_s`` and
    ``above_s`` (perhaps weighted) the part of that outside. ``n`` and ``total`` give the mean.
    """

    covered_s: FloatArray
    judged_s: FloatArray
    below_s: FloatArray
    above_s: FloatArray
    n: FloatArray
    total: FloatArray

    def outside(self, side: Side) -> FloatArray:
        """Give the share 0..1 of the judged time outside the band on one side or either; NaN where none was judged."""
        seconds = {Side.BELOW: self.below_s, Side.ABOVE: self.above_s, Side.EITHER: self.below_s + self.above_s}[side]
        return ratio(seconds, self.judged_s)

    def mean(self) -> FloatArray:
        """Give the mean of the usable readings; NaN where there is none."""
        return ratio(self.total, self.n)

    def take(self, rows: IntArray) -> "Matrix":
        """Give some rows, in this order."""
        return self._each(lambda part: part[rows])

    def added(self, groups: Sequence[IntArray]) -> "Matrix":
        """Give one row for each group: the sum of its rows."""
        return self._each(lambda part: np.array([part[rows].sum(axis=0) for rows in groups]).reshape(-1, part.shape[1]))

    def over_time(self) -> "Matrix":
        """Give one column for the whole time."""
        return self._each(lambda part: part.sum(axis=1, keepdims=True))

    def over_devices(self) -> "Matrix":
        """Give one row for all devices together."""
        return self._each(lambda part: part.sum(axis=0, keepdims=True))

    def above(self, other: "Matrix") -> "Matrix":
        """Put another matrix with the same columns below this one."""
        return Matrix(*(np.vstack([getattr(one, name) for one in (self, other)]) for name in self.__slots__))

    def _each(self, change: Callable[[FloatArray], FloatArray]) -> "Matrix":
        return Matrix(*(change(getattr(self, name)) for name in self.__slots__))


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide, with NaN where the whole is nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def matrix_of(cells: pd.DataFrame, device_ids: Sequence[int], stretch: Stretch) -> Matrix:
    """Lay cells as from :func:`app.heatmap.cells_frame` out: one row per device in this order, one column per step."""
    starts_ms = pd.DatetimeIndex(cells["start"]).as_unit("ms").asi8
    column = (starts_ms - round(stretch.start.timestamp() * 1000)) // round(stretch.step.total_seconds() * 1000)
    kept = (column >= 0) & (column < stretch.columns)
    places = column + stretch.columns * _rows(cells["device_id"].to_numpy(), device_ids)

    def laid(values: FloatArray) -> FloatArray:
        flat = np.bincount(
            places[kept], weights=np.nan_to_num(values[kept]), minlength=len(device_ids) * stretch.columns
        )
        return flat.astype(np.float64).reshape(len(device_ids), stretch.columns)

    judged = np.where(cells["below_s"].isna(), 0.0, cells["covered_s"])
    parts = (cells["covered_s"], judged, cells["below_s"], cells["above_s"], cells["n"], cells["sum"])
    return Matrix(*(laid(np.asarray(part, dtype=np.float64)) for part in parts))


def _rows(ids: IntArray, device_ids: Sequence[int]) -> IntArray:
    order = np.argsort(device_ids)
    return order[np.searchsorted(np.asarray(device_ids)[order], ids)] if len(ids) else ids


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the map: a device, or a group of them (``device`` is None)."""

    label: str
    device: DeviceRecord | None


def arranged(
    matrix: Matrix, devices: Sequence[DeviceRecord], *, order: Order, group: Group, side: Side, elsewhere: str
) -> tuple[list[Row], Matrix]:
    """Sort and group the rows of a matrix; a group's own row stands above those of its devices.

    ``devices`` name the rows as they are, in natural order. ``elsewhere`` names the group of what has no place.
    """
    if group is Group.NONE:
        rows = _sorted(np.arange(len(devices)), matrix, devices, order, side)
        return [Row(devices[one].name, devices[one]) for one in rows], matrix.take(rows)
    names = [_place(device, group, elsewhere) for device in devices]
    groups = {name: np.array([row for row, of in enumerate(names) if of == name]) for name in sorted(set(names))}
    sums = matrix.added(list(groups.values()))
    together = matrix.above(sums)
    ranked = _worst_first(sums, side) if order is Order.WORST else np.arange(len(groups))
    labels: list[Row] = []
    places: list[int] = []
    for number in ranked.tolist():
        name, members = list(groups.items())[number]
        inside = _sorted(members, matrix, devices, order, side)
        labels += [Row(f"▸ {name}", None), *(Row(devices[one].name, devices[one]) for one in inside)]
        places += [len(devices) + number, *inside]
    return labels, together.take(np.array(places, dtype=np.int64))


def _sorted(rows: IntArray, matrix: Matrix, devices: Sequence[DeviceRecord], order: Order, side: Side) -> IntArray:
    if order is Order.NAME:
        return rows
    if order is Order.SITE:
        return np.array(
            sorted(rows.tolist(), key=lambda row: (devices[row].site or "~", devices[row].zone or "~")), dtype=np.int64
        )
    return rows[_worst_first(matrix.take(rows), side)]


def _worst_first(matrix: Matrix, side: Side) -> IntArray:
    """Order rows by their share outside, the largest first and what nobody judged last."""
    shares = matrix.over_time().outside(side)[:, 0]
    return np.argsort(-np.nan_to_num(shares, nan=-1.0), kind="stable")


def _place(device: DeviceRecord, group: Group, elsewhere: str) -> str:
    site, zone = device.site or elsewhere, device.zone or elsewhere
    return site if group is Group.SITE else f"{site} · {zone}"
