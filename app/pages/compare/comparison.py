"""The numbers behind one comparison: read once, then drawn, correlated and ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analytics.alignment import Grid, Samples, align
from analytics.quantities import Quantity
from analytics.standings import standings
from app.components import ConductivityUnit
from app.pages.compare.scene import Scene
from app.pages.compare.source import CompareSource
from app.pages.device.displayed import Naming, naming
from app.pages.device.period import Level

#: Figures as plotly.js takes them: plain dictionaries, which cost a tenth of plotly's own objects.
Figure = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """A scene with its numbers in the reader's unit.

    ``samples`` are single readings, hours or days, as the scene's level says; ``bands`` are the different bands that
    held for the chosen ones, and ``rollups`` what :func:`analytics.standings.standings` takes.
    """

    scene: Scene
    samples: Samples
    rollups: pd.DataFrame
    naming: Naming

    @cached_property
    def grid(self) -> Grid:
        """All traces side by side, shape (traces, steps)."""
        return self.grid_of(1)

    def grid_of(self, joined: int) -> Grid:
        """Put all traces side by side with so many of the scene's steps joined into one."""
        scene = self.scene
        step_ms = joined * round(scene.step.total_seconds() * 1000)
        origins = [round(trace.origin.timestamp() * 1000) for trace in scene.traces]
        return align(self.samples, origins, step_ms=step_ms, steps=-(-scene.steps // joined))

    @property
    def bands(self) -> list[tuple[float, float]]:
        """List the different bands that held for the chosen traces."""
        low, high = (self.rollups[name].to_numpy() for name in ("low", "high"))
        banded = np.isfinite(low) & (self.rollups["trace"].to_numpy() < len(self.scene.current))
        return sorted(set(zip(low[banded].tolist(), high[banded].tolist(), strict=True)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.samples.trace.size == 0

    @cached_property
    def standings(self) -> pd.DataFrame:
        """Sum up the chosen traces, in their order."""
        chosen = len(self.scene.current)
        rows = self.rollups[self.rollups["trace"] < chosen]
        spans = [trace.span for trace in self.scene.current]
        # Plantings are of different length: each is measured by its own.
        own_s = np.array([(span.end - span.start).total_seconds() for span in spans])
        return standings(rows, chosen, period_s=own_s)


def load(source: CompareSource, scene: Scene, unit: ConductivityUnit) -> Comparison:
    """Read what a scene needs: hours or days always, single readings where the stretch is short."""
    quantity = scene.view.quantity
    spans = [trace.span for trace in scene.traces]
    level = Level.DAYS if scene.level is Level.DAYS else Level.HOURS
    rollups = source.rollups(quantity, spans, level)
    samples = _of_rollups(rollups)
    if scene.level is Level.READINGS:
        samples = _of_readings(source.readings(quantity, spans))
    factor = unit.from_ec(1.0) if quantity is Quantity.EC else 1.0
    return Comparison(scene, _scaled(samples, factor), _rows_in(rollups, factor), naming(quantity, unit))


@unique
class Lack(StrEnum):
    """Why a chosen Pi has nothing to draw."""

    SILENT = "silent"
    NOT_MEASURED = "not-measured"
    FAILED = "failed"


#: Names of Pis by what they lack.
Lacks = Mapping[Lack, Sequence[str]]


def lacks_of(source: CompareSource, comparison: Comparison) -> Lacks:
    """Name the chosen Pis without a usable reading, by why that is; by the rule of the Device page."""
    scene = comparison.scene
    drawn = set(comparison.samples.trace.tolist())
    bare = [trace for place, trace in enumerate(scene.current) if place not in drawn]
    if not bare:
        return {}
    # Single readings lie in hours, too; these are kept longer, and there are fewer of them.
    measured = source.measured(scene.view.quantity, [trace.span for trace in bare], scene.level)
    found: dict[Lack, list[str]] = {}
    for place, trace in enumerate(bare):
        why = {None: Lack.SILENT, False: Lack.NOT_MEASURED, True: Lack.FAILED}[measured.get(place)]
        found.setdefault(why, []).append(trace.name)
    return found


def quantities_of_one(
    source: CompareSource, scene: Scene, place: int, unit: ConductivityUnit
) -> Mapping[Quantity, Comparison]:
    """Read all three quantities of one trace, by hours or days."""
    one = replace(
        scene, traces=[scene.traces[place]], level=Level.HOURS if scene.level is Level.READINGS else scene.level
    )
    return {
        quantity: load(source, replace(one, view=replace(scene.view, quantity=quantity)), unit) for quantity in Quantity
    }


def _of_rollups(rows: pd.DataFrame) -> Samples:
    trace, at_ms = (rows[name].to_numpy(dtype=np.int64) for name in ("trace", "at_ms"))
    return Samples(trace, at_ms, *(rows[name].to_numpy(dtype=np.float64) for name in ("n", "sum", "min", "max")))


def _of_readings(rows: pd.DataFrame) -> Samples:
    trace, at_ms = (rows[name].to_numpy(dtype=np.int64) for name in ("trace", "at_ms"))
    values = rows["value"].to_numpy(dtype=np.float64)
    return Samples(trace, at_ms, np.ones(values.size), values, values, values)


def _scaled(samples: Samples, factor: float) -> Samples:
    return replace(samples, total=samples.total * factor, low=samples.low * factor, high=samples.high * factor)


def _rows_in(rows: pd.DataFrame, factor: float) -> pd.DataFrame:
    scaled = {name: rows[name] * factor for name in ("sum", "min", "max", "low", "high")}
    return rows.assign(**scaled, sumsq=rows["sumsq"] * factor**2)
