"""A file in pieces of some thousand lines, each turned into columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import islice

import numpy as np
import numpy.typing as npt

from app.i18n import N_
from app.imports.layout import Layout, Row
from app.imports.numbers import FloatArray, Nulls, to_numbers
from app.imports.report import RejectedLine
from app.imports.request import ImportRequest
from app.imports.times import IntArray, TextArray, TimeFormat, parse
from app.saying import Saying
from models.names import is_name

#: Lines of one piece, and of one transaction.
PIECE_LINES = 50_000


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where the columns stand and how their texts are to be read.

    Of several columns of times the texts are joined by a blank: a date, and the time of day.
    """

    layout: Layout
    time_columns: tuple[str, ...]
    values: dict[str, str]
    factors: dict[str, float]
    how: TimeFormat
    zone: tzinfo
    nulls: Nulls
    decimal_comma: bool = False
    device_column: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Readings of some lines as columns, and the lines that are no readings.

    ``devices`` names the device of each reading, where the file does.
    """

    lines: int
    ts_ms: IntArray
    columns: dict[str, FloatArray]
    rejected: list[RejectedLine] = field(default_factory=list)
    devices: TextArray | None = None

    def take(self, where: npt.NDArray[np.bool_]) -> "Chunk":
        """Give some of the readings; the lines stay counted as they are."""
        columns = {name: values[where] for name, values in self.columns.items()}
        devices = None if self.devices is None else self.devices[where]
        return replace(self, ts_ms=self.ts_ms[where], columns=columns, devices=devices)


def chunks(rows: Iterator[Row], plan: ColumnPlan, *, size: int) -> Iterator[Chunk]:
    """Turn rows into chunks of at most ``size`` lines."""
    while piece := list(islice(rows, size)):
        yield _chunk(piece, plan)


def by_device(chunk: Chunk, request: ImportRequest) -> Iterator[tuple[str, np.ndarray]]:
    """Give each device of a chunk with the mask of its readings."""
    if chunk.devices is None:
        if chunk.ts_ms.size:
            yield str(request.device), np.ones(chunk.ts_ms.size, dtype=bool)
        return
    for name in dict.fromkeys(chunk.devices.tolist()):
        yield name, chunk.devices == name


def _chunk(rows: Sequence[Row], plan: ColumnPlan) -> Chunk:
    width = len(plan.layout.columns)
    whole, rejected = [], []
    for row in rows:
        if _fits(row.cells, width):
            whole.append(row)
        else:
            rejected.append(RejectedLine(row.line, _misfit(row.cells, width)))
    stamps = parse(time_texts(whole, plan.layout, plan.time_columns), plan.how, plan.zone)
    reasons = stamps.reasons
    devices = _devices(whole, plan, reasons)
    columns: dict[str, FloatArray] = {}
    for quantity, column in plan.values.items():
        numbers = to_numbers(_texts(whole, plan, column), plan.nulls, decimal_comma=plan.decimal_comma)
        columns[quantity] = numbers.values * plan.factors.get(quantity, 1.0)
        _add_reasons(reasons, numbers.reasons, column)
    good = np.array([reason is None for reason in reasons], dtype=bool)
    rejected += [RejectedLine(whole[at].line, reasons[at]) for at in np.flatnonzero(~good)]
    return Chunk(
        lines=len(rows),
        ts_ms=stamps.ms[good],
        columns={quantity: values[good] for quantity, values in columns.items()},
        rejected=sorted(rejected, key=lambda one: one.line),
        devices=None if devices is None else devices[good],
    )


def time_texts(rows: Sequence[Row], layout: Layout, columns: Sequence[str]) -> list[str]:
    """Give what stands in the columns of the time, those of a line joined by blanks."""
    positions = [layout.position(column) for column in columns]
    if len(positions) == 1:
        return [row.cells[positions[0]] for row in rows]
    return [" ".join(row.cells[at].strip() for at in positions) for row in rows]


def _devices(rows: Sequence[Row], plan: ColumnPlan, reasons: TextArray) -> TextArray | None:
    """Give the names in the column of devices, and the reason for each that is none."""
    if plan.device_column is None:
        return None
    position = plan.layout.position(plan.device_column)
    names = np.array([row.cells[position].strip() for row in rows], dtype=object)
    for at in np.flatnonzero([not is_name(name) for name in names]):
        said = N_("%(name)s is no name of a device: lower-case letters, digits and hyphens")
        reasons[at] = reasons[at] or Saying(said, {"name": repr(names[at][:40])})
    return names


def _texts(rows: Sequence[Row], plan: ColumnPlan, column: str) -> list[str]:
    position = plan.layout.position(column)
    return [row.cells[position] for row in rows]


def _add_reasons(reasons: TextArray, more: TextArray, column: str) -> None:
    """Take over the reasons of a column where a line has none yet."""
    for at in np.flatnonzero(_given(more) & ~_given(reasons)):
        reasons[at] = Saying("%(column)s: %(reason)s", {"column": column, "reason": more[at]})


def _given(reasons: TextArray) -> npt.NDArray[np.bool_]:
    return np.array([reason is not None for reason in reasons], dtype=bool)


def _fits(cells: Sequence[str], width: int) -> bool:
    """Accept a line that is as wide as the header, or wider by nothing but blanks."""
    return len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))


def _misfit(cells: Sequence[str], width: int) -> Saying:
    if len(cells) == 1 and cells[0].startswith("unreadable: "):
        return Saying(N_("unreadable: %(error)s"), {"error": cells[0].removeprefix("unreadable: ")})
    return Saying(N_("%(found)s fields, the header has %(wanted)s"), {"found": len(cells), "wanted": width})
