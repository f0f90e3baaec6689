"""What the figures of this page share: their ground, their time axis, the band behind them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import Look
from app.i18n import _
from app.pages.compare.comparison import Comparison, Figure
from app.pages.device.figures import template
from app.pages.device.panels import packed
from app.theme import palette

FloatArray = npt.NDArray[np.float64]


def base_layout(look: Look, *, revision: str) -> Figure:
    """Give the ground of a figure; what the reader did to it by hand is forgotten with another ``revision``."""
    colors = palette(look.scheme)
    return {
        "template": template(look.scheme),
        "paper_bgcolor": colors.surface,
        "uirevision": revision,
        "hovermode": "closest",
        "hoverdistance": 24,
        "dragmode": False if look.touch else "zoom",
        "margin": {"l": 44, "r": 8, "t": 12, "b": 32} if look.narrow else {"l": 56, "r": 16, "t": 12, "b": 40},
        "hoverlabel": {"bgcolor": colors.surface, "bordercolor": colors.line, "align": "left"},
        "shapes": [],
        "annotations": [],
    }


def time_layout(comparison: Comparison, look: Look) -> Figure:
    """Give the ground of a figure with one time axis and one axis of values."""
    scene, name = comparison.scene, comparison.naming
    layout = base_layout(look, revision=scene.view.address())
    title = {"title": {"text": _("Days since transplanting")}, "rangemode": "tozero"}
    clock = {"type": "date", "nticks": 5 if look.narrow else 10}
    return layout | {
        "xaxis": title if scene.is_by_age else clock,
        "yaxis": {"title": {"text": name.heading}, "nticks": 8, "fixedrange": look.touch},
        "legend": {"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top"},
        "shapes": [_band(*band, look) for band in comparison.bands] if len(comparison.bands) == 1 else [],
    }


def when_format(comparison: Comparison) -> str:
    """Write the moment of a point as the hover says it, for plotly."""
    if comparison.scene.is_by_age:
        return _("day %(day)s after transplanting", day="%{x:.1f}")
    return "%{x|%a %-d %b %Y %H:%M}"


def number_format(comparison: Comparison, variable: str) -> str:
    """Write a number with its unit as the hover says it, for plotly; ``variable`` is y or a place of customdata."""
    name = comparison.naming
    return f"%{{{variable}:,.{name.decimals}f}}{name.suffix}"


def nothing(look: Look, text: str) -> Figure:
    """Draw an empty figure that says why."""
    layout = base_layout(look, revision=text) | {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 14}}
    return {"data": [], "layout": layout | {"annotations": [{"text": text, **middle}]}}


def packed_rows(rows: FloatArray) -> dict[str, Any]:
    """Write a table of shape (points, columns) for ``customdata``."""
    flat = packed(np.ascontiguousarray(rows, dtype=np.float32).ravel())
    return {**flat, "shape": ",".join(map(str, rows.shape))}


def _band(low: float, high: float, look: Look) -> Figure:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low,
        "y1": high,
        "fillcolor": palette(look.scheme).band,
        "line": {"width": 0},
        "layer": "below",
    }
