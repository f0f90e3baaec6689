"""A small panel for every Pi, all with the same two axes.

All panels lie on ONE pair of axes, each moved to its own place: 99 pairs would keep a browser busy for seconds. The
true time and value of a point travel beside it, for the words at the pointer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import Look
from app.i18n import _, number_text, time_text
from app.pages.compare.comparison import Comparison, Figure
from app.pages.compare.frame import base_layout
from app.pages.compare.lines import bridged, drawn_x, longest_gap_s, steps_x
from app.pages.device.panels import faded, packed
from app.theme import palette

FloatArray = npt.NDArray[np.float64]

#: More steps than this are narrower than a pixel of a panel.
_MOST_STEPS = 160
#: Panels in a row, by how many there are; a phone has two.
_COLUMNS = ((4, 2), (9, 3), (16, 4), (35, 5), (60, 6))
_NARROW_COLUMNS = 2
_GAP_X, _GAP_Y = 0.06, 0.3
_ROW_PX, _AROUND_PX = 118, 60


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How panels lie on the sheet: each is 1 wide and 1 high, row 0 on top."""

    columns: int
    low: float
    high: float
    x: FloatArray

    def left(self, place: int) -> float:
        return (place % self.columns) * (1 + _GAP_X)

    def bottom(self, place: int) -> float:
        return -(place // self.columns) * (1 + _GAP_Y)

    def across(self, place: int) -> FloatArray:
        width = max(self.x[-1] - self.x[0], 1e-9)
        return self.left(place) + (self.x - self.x[0]) / width

    def up(self, place: int, values: npt.ArrayLike) -> FloatArray:
        share = (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)
        return self.bottom(place) + np.clip(share, 0.0, 1.0)


def multiples_figure(comparison: Comparison, look: Look) -> Figure:
    """Draw a panel per chosen trace: the band valid then, lowest to highest, and the mean."""
    scene, chosen = comparison.scene, len(comparison.scene.current)
    joined = max(1, -(-scene.steps // _MOST_STEPS))
    grid, x = comparison.grid_of(joined), steps_x(scene, joined)
    sheet = _Sheet(columns_for(chosen, look), *_ends(grid.mean[:chosen], comparison), x)
    data: list[Figure] = []
    for place in range(chosen):
        # A gap shorter than what the device may leave between two readings is none.
        most = int(longest_gap_s(scene, place) / (joined * scene.step.total_seconds()))
        mean, low, high = (bridged(part[place], most) for part in (grid.mean, grid.low, grid.high))
        data += _panel(comparison, sheet, place, (mean, low, high), look)
    return {"data": data, "layout": _layout(comparison, sheet, chosen, look)}


def multiples_height(count: int, look: Look) -> int:
    """Give the height in pixels that so many panels need."""
    return _AROUND_PX + -(-count // columns_for(count, look)) * _ROW_PX


def columns_for(count: int, look: Look) -> int:
    """Give how many panels stand in a row."""
    if look.narrow:
        return _NARROW_COLUMNS
    return next((columns for most, columns in _COLUMNS if count <= most), 8)


def _ends(means: FloatArray, comparison: Comparison) -> tuple[float, float]:
    """Choose the ends of the shared axis: all means, and the edges of bands that are near them."""
    if not np.isfinite(means).any():
        return 0.0, 1.0
    low, high = float(np.nanmin(means)), float(np.nanmax(means))
    reach = max(high - low, 10.0**-comparison.naming.decimals)
    near = [edge for band in comparison.bands for edge in band if low - reach <= edge <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    return low - 0.04 * reach, high + 0.04 * reach


def _panel(
    comparison: Comparison, sheet: _Sheet, place: int, parts: tuple[FloatArray, ...], look: Look
) -> Iterator[Figure]:
    mean, low, high = parts
    color, across = palette(look.scheme).accent, sheet.across(place)
    quiet = {"type": "scatter", "mode": "lines", "showlegend": False, "connectgaps": False}
    x, y = _outline(across, sheet.up(place, low), sheet.up(place, high), np.isfinite(mean))
    yield {
        **quiet,
        "x": packed(x.astype(np.float32)),
        "y": packed(y.astype(np.float32)),
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": faded(color, 0.22),
        "hoverinfo": "skip",
    }
    name = comparison.scene.traces[place].name
    numbers = [f"{number_text(value, comparison.naming.decimals)}{comparison.naming.suffix}" for value in mean.tolist()]
    yield {
        **quiet,
        "x": packed(across.astype(np.float32)),
        "y": packed(sheet.up(place, mean).astype(np.float32)),
        "line": {"width": 1.25, "color": color},
        "name": name,
        "text": numbers,
        "customdata": drawn_x(comparison.scene, sheet.x),
        "hovertemplate": f"<b>{name}</b><br>{_when(comparison)}<br>%{{text}}<extra></extra>",
    }


def _outline(
    x: FloatArray, low: FloatArray, high: FloatArray, known: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Give the outline between two lines: a closed loop per stretch, and a NaN between two loops."""
    edges = np.flatnonzero(np.diff(known.astype(np.int8), prepend=0, append=0))
    xs: list[FloatArray] = []
    ys: list[FloatArray] = []
    broken = np.array([np.nan])
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        xs += [x[first:stop], x[first:stop][::-1], broken]
        ys += [high[first:stop], low[first:stop][::-1], broken]
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty(0), np.empty(0))


def _when(comparison: Comparison) -> str:
    if comparison.scene.is_by_age:
        return _("day %(day)s after transplanting", day="%{customdata:.1f}")
    return "%{customdata|%a %-d %b %Y %H:%M}"


def _layout(comparison: Comparison, sheet: _Sheet, count: int, look: Look) -> Figure:
    rows = -(-count // sheet.columns)
    fixed = {"fixedrange": True, "visible": False}
    layout = base_layout(look, revision=comparison.scene.view.address())
    return layout | {
        "dragmode": False,
        "margin": {"l": 40, "r": 4, "t": 24, "b": 24},
        "xaxis": {**fixed, "range": [-0.005, sheet.columns * (1 + _GAP_X) - _GAP_X + 0.005]},
        "yaxis": {**fixed, "range": [-(rows - 1) * (1 + _GAP_Y) - 0.02, 1.02]},
        "shapes": [shape for place in range(count) for shape in _shapes(comparison, sheet, place, look)],
        "annotations": [*_names(comparison, sheet, count, look), *_scales(comparison, sheet, count)],
    }


def _shapes(comparison: Comparison, sheet: _Sheet, place: int, look: Look) -> Iterator[Figure]:
    colors, left, bottom = palette(look.scheme), sheet.left(place), sheet.bottom(place)
    box = {"type": "rect", "x0": left, "x1": left + 1, "layer": "below"}
    yield {**box, "y0": bottom, "y1": bottom + 1, "line": {"width": 1, "color": colors.line}}
    for start, end, low, high in _bands_of(comparison, sheet, place):
        edges = sheet.up(place, [low, high]).tolist()
        yield {
            **box,
            "x0": left + start,
            "x1": left + end,
            "y0": edges[0],
            "y1": edges[1],
            "fillcolor": colors.band,
            "line": {"width": 0},
        }


def _bands_of(comparison: Comparison, sheet: _Sheet, place: int) -> Iterator[tuple[float, float, float, float]]:
    """Give the stretches of constant band of one trace, as shares of the panel's width with the two limits."""
    rows = comparison.rollups
    first, stop = np.searchsorted(rows["trace"].to_numpy(), [place, place + 1])
    low, high, at_ms = (rows[name].to_numpy()[first:stop] for name in ("low", "high", "at_ms"))
    if not low.size:
        return
    scene = comparison.scene
    origin = scene.traces[place].origin.timestamp() * 1000
    shares = np.clip((at_ms - origin) / (scene.width.total_seconds() * 1000), 0.0, 1.0)
    changes = np.flatnonzero((low[1:] != low[:-1]) | (high[1:] != high[:-1])) + 1
    for begin, end in zip([0, *changes], [*changes, low.size], strict=True):
        if np.isfinite(low[begin]):
            until = shares[end] if end < low.size else 1.0
            yield float(shares[begin] if begin else 0.0), float(until), float(low[begin]), float(high[begin])


def _names(comparison: Comparison, sheet: _Sheet, count: int, look: Look) -> Iterator[dict[str, Any]]:
    colors = palette(look.scheme)
    for place in range(count):
        name = comparison.scene.traces[place].name
        yield {
            "x": sheet.left(place),
            "y": sheet.bottom(place) + 1,
            "text": f'<a href="/devices/{name}" style="color:{colors.text}">{name}</a>',
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11, "color": colors.text},
        }


def _scales(comparison: Comparison, sheet: _Sheet, count: int) -> Iterator[dict[str, Any]]:
    """Write the ends of the shared axes: values at the first panel of each row, times under the lowest row."""
    quiet = {"showarrow": False, "font": {"size": 10}}
    for place in range(0, count, sheet.columns):
        for share, value in ((0.04, sheet.low), (0.96, sheet.high)):
            text = number_text(value, min(comparison.naming.decimals, 1) if comparison.naming.decimals else 0)
            at = sheet.bottom(place) + share
            side = {"xref": "paper", "x": 0, "xshift": -4, "xanchor": "right", "y": at, "yanchor": "middle"}
            yield {**quiet, **side, "text": text}
    for place in range(max(0, count - sheet.columns), count):
        first, last = _ends_of_time(comparison)
        under = {"y": sheet.bottom(place), "yanchor": "top"}
        yield {**quiet, **under, "x": sheet.left(place), "xanchor": "left", "text": first}
        yield {**quiet, **under, "x": sheet.left(place) + 1, "xanchor": "right", "text": last}


def _ends_of_time(comparison: Comparison) -> tuple[str, str]:
    scene = comparison.scene
    if scene.is_by_age:
        return _("day 0"), _("day %(day)s", day=round(scene.width.total_seconds() / 86_400))
    days = scene.width.total_seconds() / 86_400
    style = "HH:mm" if days <= 1.1 else "d MMM" if days < 300 else "MMM y"
    start, end = (time_text(at, str(scene.zone), style) for at in (scene.period.start, scene.period.end))
    return start, end
