"""A file in pieces of some thousand lines, each turned into columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice

import numpy as np
import numpy.typing as npt

from app.imports.layout import Layout, Row
from app.imports.numbers import FloatArray, Nulls, to_numbers
from app.imports.report import RejectedLine
from app.imports.times import IntArray, TextArray, TimeFormat, parse


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where the columns stand and how their texts are to be read."""

    layout: Layout
    time_column: str
    values: dict[str, str]
    factors: dict[str, float]
    how: TimeFormat
    zone: tzinfo
    nulls: Nulls
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Readings of some lines as columns, and the lines that are no readings."""

    lines: int
    ts_ms: IntArray
    columns: dict[str, FloatArray]
    rejected: list[RejectedLine] = field(default_factory=list)


def chunks(rows: Iterator[Row], plan: ColumnPlan, *, size: int) -> Iterator[Chunk]:
    """Turn rows into chunks of at most ``size`` lines."""
    while piece := list(islice(rows, size)):
        yield _chunk(piece, plan)


def _chunk(rows: Sequence[Row], plan: ColumnPlan) -> Chunk:
    width = len(plan.layout.columns)
    whole, rejected = [], []
    for row in rows:
        if _fits(row.cells, width):
            whole.append(row)
        else:
            rejected.append(RejectedLine(row.line, _misfit(row.cells, width)))
    stamps = parse(_texts(whole, plan, plan.time_column), plan.how, plan.zone)
    reasons = stamps.reasons
    columns: dict[str, FloatArray] = {}
    for quantity, column in plan.values.items():
        numbers = to_numbers(_texts(whole, plan, column), plan.nulls, decimal_comma=plan.decimal_comma)
        columns[quantity] = numbers.values * plan.factors.get(quantity, 1.0)
        _add_reasons(reasons, numbers.reasons, column)
    good = np.array([reason is None for reason in reasons], dtype=bool)
    rejected += [RejectedLine(whole[at].line, str(reasons[at])) for at in np.flatnonzero(~good)]
    return Chunk(
        lines=len(rows),
        ts_ms=stamps.ms[good],
        columns={quantity: values[good] for quantity, values in columns.items()},
        rejected=sorted(rejected, key=lambda one: one.line),
    )


def _texts(rows: Sequence[Row], plan: ColumnPlan, column: str) -> list[str]:
    position = plan.layout.position(column)
    return [row.cells[position] for row in rows]


def _add_reasons(reasons: TextArray, more: TextArray, column: str) -> None:
    """Take over the reasons of a column where a line has none yet."""
    for at in np.flatnonzero(_given(more) & ~_given(reasons)):
        reasons[at] = f"{column}: {more[at]}"


def _given(reasons: TextArray) -> npt.NDArray[np.bool_]:
    return np.array([reason is not None for reason in reasons], dtype=bool)


def _fits(cells: Sequence[str], width: int) -> bool:
    """Accept a line that is as wide as the header, or wider by nothing but blanks."""
    return len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))


def _misfit(cells: Sequence[str], width: int) -> str:
    if len(cells) == 1 and cells[0].startswith("unreadable: "):
        return cells[0]
    return f"{len(cells)} fields, the header has {width}"
