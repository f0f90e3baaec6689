"""What every drill is: something is done to a real fleet, and figures are compared with what must hold.

A drill is a module with ``NAME`` and ``run(folder, full=…, seed=…)``. Its docstring says what is done to whom, and what
must hold. A figure that depends on the speed of the machine is judged in the full size only, which belongs on a machine
that does nothing else; the short size prints it beside its target, and judges ratios and counts.
"""

import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number and what is required of it; ``judged`` is False where it is only told."""

    value: float
    least: float | None = None
    most: float | None = None
    judged: bool = True

    @property
    def holds(self) -> bool:
        """Tell whether the number is as required. What was never measured (NaN) is not."""
        within = self.least is None or self.value >= self.least
        within &= self.most is None or self.value <= self.most
        return within or not self.judged

    @property
    def required(self) -> str:
        """Write what is required, "" where nothing is."""
        ends = ((">=", self.least), ("<=", self.most))
        bounds = [f"{sign} {limit:g}" for sign, limit in ends if limit is not None]
        return " and ".join(bounds) + ("" if self.judged or not bounds else ", judged with --full")


Figures = Mapping[str, Figure]


def told(value: float) -> Figure:
    """Give a figure of which nothing is required."""
    return Figure(value)


def exactly(value: float, wanted: float) -> Figure:
    """Give a figure that must be this number."""
    return Figure(value, least=wanted, most=wanted)


def none(value: float) -> Figure:
    """Give a count of what must never happen."""
    return Figure(value, most=0)


def at_most(value: float, most: float) -> Figure:
    """Give a figure with an upper limit on every machine."""
    return Figure(value, most=most)


def at_least(value: float, least: float) -> Figure:
    """Give a figure with a lower limit on every machine."""
    return Figure(value, least=least)


def speed(value: float, most: float, *, full: bool) -> Figure:
    """Give a duration: its limit is meant for a machine that does nothing else, as the full size has it."""
    return Figure(value, most=most, judged=full)


def growth_by_thirds(values: Sequence[float]) -> float:
    """Compare the last third of looks at a memory with the first: a single one shows what is being worked on as well.

    :param values: at least three looks, in their order
    :return: median of the last third less that of the first
    """
    third = len(values) // 3
    return median(values[-third:]) - median(values[:third])


class Impossible(Exception):
    """This machine lacks what the drill needs; the message says what."""


class Drill(Protocol):
    """A module that is a drill."""

    NAME: str
    __doc__: str | None

    @staticmethod
    def run(folder: Path, *, full: bool, seed: int) -> Figures:
        """Do it, in an empty folder, and give the figures."""


def perform(drill: Drill, *, full: bool, seed: int | None) -> bool:
    """Run a drill, print its table and its line of JSON, and tell whether everything held."""
    seed = random.randrange(2**31) if seed is None else seed
    report = {"drill": drill.NAME, "size": "full" if full else "short", "seed": seed}
    print(about(drill), file=sys.stderr, flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="hydrofleet-drill-") as folder:
            Path(folder).chmod(0o711)  # PostgreSQL's own user passes through
            figures = drill.run(Path(folder), full=full, seed=seed)
    except Impossible as reason:
        print(json.dumps({**report, "figures": {}, "impossible": str(reason), "pass": False}), flush=True)
        return False
    _print_table(figures)
    passed = all(figure.holds for figure in figures.values())
    values = {name: round(figure.value, 4) for name, figure in figures.items()}
    required = {name: figure.required for name, figure in figures.items() if figure.required}
    print(json.dumps({**report, "figures": values, "required": required, "pass": passed}), flush=True)
    return passed


def about(drill: Drill) -> str:
    """Give the first sentence of a drill's docstring."""
    return (drill.__doc__ or "").split("\n", 1)[0]


def _print_table(figures: Figures) -> None:
    for name, figure in figures.items():
        mark = " " if figure.holds else "!"
        print(f"{mark} {name:<28}{figure.value:>12.6g}  {figure.required}", file=sys.stderr, flush=True)
