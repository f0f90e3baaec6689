"""The map and the bars of the day: numbers in, figures out. A figure is a dictionary, as plotly.js takes it."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.quantities import Quantity
from app.components import ConductivityUnit, Look, wall_times
from app.i18n import _
from app.pages.heatmap.colors import colors_of
from app.pages.heatmap.matrix import Matrix, Row
from app.pages.heatmap.span import Stretch
from app.pages.heatmap.view import Side, Size, Weight
from app.pages.heatmap.words import decimals_of, mean_format, quantity_text, unit_text
from app.theme import figure_template, palette

Figure = dict[str, Any]
FloatArray = npt.NDArray[np.float64]

_ROW_HEIGHT, _TIGHT_ROW_HEIGHT, _AROUND = 22, 15, 44
#: Up to so many rows are drawn high enough for a finger.
_FEW_ROWS = 40
#: How the middle of a cell is written, as d3 formats time; an hour's middle is at half past.
_TIME_FORMATS = {Size.HOUR: "%a %-d %b %Y, %H:00", Size.DAY: "%a %-d %b %Y", Size.WEEK: "%V / %G"}


@dataclass(frozen=True, slots=True)
class Map:
    """What is to be drawn; ``rows`` name the rows of ``matrix`` from top to bottom."""

    rows: Sequence[Row]
    matrix: Matrix
    stretch: Stretch
    zone: ZoneInfo
    quantity: Quantity
    side: Side
    weight: Weight


def map_figure(shown: Map, look: Look) -> Figure:
    """Draw the map with its legend's colors and, on wide screens, a bar for every row's whole time.

    Cells that no reading covers, and those that no band judges, have colors of their own and say so.
    """
    matrix, colors = shown.matrix, colors_of(look.scheme)
    outside = 100 * matrix.outside(shown.side)
    covered = matrix.covered_s > 0
    axes = {"x": wall_times(middles_ms(shown.stretch, shown.zone)), "y": [row.label for row in shown.rows]}
    plain = {"type": "heatmap", **axes, "showscale": False, "hoverongaps": False, "xgap": 0, "ygap": 1}
    unjudged = covered & (matrix.judged_s <= 0)
    unknown = [
        _flat(plain, ~covered, colors.missing, _("no reading")),
        _flat(plain, unjudged, colors.unjudged, _("no target, so nothing is out of range")),
    ]
    values = {
        **plain,
        "z": packed(np.round(outside, 1)),
        "zmin": 0,
        "zmax": 100,
        "colorscale": [[place, color] for place, color in zip(colors.places, colors.scale, strict=True)],
        "customdata": packed(_hover_numbers(shown, look.unit)),
        "hovertemplate": _hover_words(shown, look.unit),
    }
    bars = [] if look.narrow else [_row_bars(shown, look)]
    return {"data": [*unknown, values, *bars], "layout": _layout(shown, look)}


def map_height(rows: int) -> int:
    """Give the height in pixels that so many rows need."""
    return _AROUND + max(rows, 3) * (_ROW_HEIGHT if rows <= _FEW_ROWS else _TIGHT_ROW_HEIGHT)


def middles_ms(stretch: Stretch, zone: ZoneInfo) -> FloatArray:
    """Give the middle of every column as the wall clock of ``zone`` shows it, in milliseconds, for hours; UTC else.

    The offset is that of the end, so that columns stay evenly wide across a change of the clocks.
    """
    step_ms = stretch.step.total_seconds() * 1000
    first_ms = stretch.start.timestamp() * 1000 + clock_offset_ms(stretch, zone)
    return first_ms + step_ms * (np.arange(stretch.columns, dtype=np.float64) + 0.5)


def clock_offset_ms(stretch: Stretch, zone: ZoneInfo) -> float:
    """Give how far the time axis is ahead of UTC; days and weeks are those of UTC."""
    offset = stretch.end.astimezone(zone).utcoffset()
    return 0.0 if stretch.size is not Size.HOUR or offset is None else offset.total_seconds() * 1000


def packed(numbers: FloatArray) -> dict[str, str]:
    """Write an array as plotly.js reads it fastest, NaN included; times need all eight bytes of a number."""
    kind = "f8" if numbers.ndim == 1 else "f4"
    data = b64encode(np.ascontiguousarray(numbers, dtype=kind).tobytes()).decode("ascii")
    shape = {} if numbers.ndim == 1 else {"shape": ",".join(map(str, numbers.shape))}
    return {"dtype": kind, "bdata": data, **shape}


def day_figure(shares: FloatArray, look: Look) -> Figure:
    """Draw the share 0..1 outside for each hour of the day, shape (24,); NaN is an hour without a bar."""
    colors = palette(look.scheme)
    hours = [f"{hour:02d}:00" for hour in range(24)]
    bars = {
        "type": "bar",
        "x": hours,
        "y": [None if share != share else round(100 * share, 2) for share in shares.tolist()],
        "marker": {"color": colors.out},
        "hovertemplate": "%{x}: <b>%{y:.1f} %</b><extra></extra>",
    }
    layout = {
        "template": figure_template(look.scheme).to_plotly_json(),
        "margin": {"l": 44, "r": 8, "t": 8, "b": 28},
        "hovermode": "closest",
        "bargap": 0.2,
        "xaxis": {"type": "category", "fixedrange": True, "dtick": 6 if look.narrow else 3, "tickangle": 0},
        "yaxis": {"rangemode": "tozero", "ticksuffix": " %", "fixedrange": True, "nticks": 4},
    }
    return {"data": [bars], "layout": layout}


def shares_by_hour(cells: pd.DataFrame, zones: dict[int, ZoneInfo], side: Side) -> FloatArray:
    """Give the share outside for each hour of the day on the clocks of the devices' sites, shape (24,).

    ``cells`` as from :func:`app.heatmap.cells_frame`; ``zones`` are by device id.
    """
    judged, outside = np.zeros(24), np.zeros(24)
    parts = {Side.BELOW: ["below_s"], Side.ABOVE: ["above_s"], Side.EITHER: ["below_s", "above_s"]}[side]
    for zone in set(zones.values()):
        ids = [one for one, of in zones.items() if of == zone]
        rows = cells[cells["device_id"].isin(ids) & cells["below_s"].notna()]
        hours = pd.DatetimeIndex(rows["start"]).tz_convert(zone).hour.to_numpy()
        judged += np.bincount(hours, weights=rows["covered_s"], minlength=24)
        outside += np.bincount(hours, weights=rows[parts].sum(axis=1), minlength=24)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(judged > 0, outside / judged, np.nan)


def _flat(plain: Figure, where: npt.NDArray[np.bool_], color: str, words: str) -> Figure:
    """Lay one color over some cells; a layer without any is not sent, for it would be a third of the map."""
    if not where.any():
        return {"type": "heatmap", "visible": False}
    return {
        **plain,
        "z": packed(np.where(where, 1.0, np.nan)),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, color], [1, color]],
        "hovertemplate": f"<b>%{{y}}</b> · %{{x}}<br>{words}<extra></extra>",
    }


def _hover_numbers(shown: Map, unit: ConductivityUnit) -> FloatArray:
    matrix = shown.matrix
    mean = matrix.mean()
    if shown.quantity is Quantity.EC:
        mean = unit.from_ec(mean)
    # The cell that now lies in counts whole: what is still to come is not covered yet.
    covered = matrix.covered_s / shown.stretch.step.total_seconds() / _devices_of(shown.rows)[:, None]
    shares = (matrix.outside(Side.BELOW), matrix.outside(Side.ABOVE), covered)
    below, above, measured = (np.round(100 * share) for share in shares)
    # As they are written: digits that nobody sees would be most of what is sent.
    return np.stack([below, above, np.round(mean, decimals_of(shown.quantity, unit)), measured], axis=2)


def _devices_of(rows: Sequence[Row]) -> FloatArray:
    """Count the devices that each row stands for."""
    heads = [place for place, row in enumerate(rows) if row.device is None]
    counts = np.ones(len(rows))
    for head, following in pairwise([*heads, len(rows)]):
        counts[head] = following - head - 1
    return counts


def _hover_words(shown: Map, unit: ConductivityUnit) -> str:
    outside = {
        Side.EITHER: _("out of range for %(share)s of the time", share="%{z:.0f} %"),
        Side.BELOW: _("too low for %(share)s of the time", share="%{z:.0f} %"),
        Side.ABOVE: _("too high for %(share)s of the time", share="%{z:.0f} %"),
    }[shown.side]
    if shown.weight is Weight.SEVERITY:
        outside = _("severity %(share)s", share="%{z:.0f} %")
    sides = _("%(below)s below, %(above)s above", below="%{customdata[0]:.0f} %", above="%{customdata[1]:.0f} %")
    mean = _("mean %(mean)s", mean=f"%{{customdata[2]:{mean_format(shown.quantity, unit)}}}")
    covered = _("readings for %(share)s of the time", share="%{customdata[3]:.0f} %")
    return (
        f"<b>%{{y}}</b> · %{{x}}<br><b>{outside}</b> ({sides})<br>"
        f"{quantity_text(shown.quantity, unit)}: {mean} {unit_text(shown.quantity, unit)}<br>{covered}<extra></extra>"
    )


def _row_bars(shown: Map, look: Look) -> Figure:
    shares = 100 * shown.matrix.over_time().outside(shown.side)[:, 0]
    return {
        "type": "bar",
        "orientation": "h",
        "x": packed(shares),
        "y": [row.label for row in shown.rows],
        "xaxis": "x2",
        "marker": {"color": palette(look.scheme).out},
        "hovertemplate": "<b>%{y}</b><br>" + _("the whole time: %(share)s", share="%{x:.1f} %") + "<extra></extra>",
    }


def _layout(shown: Map, look: Look) -> Figure:
    colors = palette(look.scheme)
    labels = {row.label: f"<b>{row.label}</b>" if row.device is None else row.label for row in shown.rows}
    map_ends = 1.0 if look.narrow else 0.86
    layout: Figure = {
        "template": figure_template(look.scheme).to_plotly_json(),
        "margin": {"l": 8, "r": 12, "t": 28, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": colors.surface, "bordercolor": colors.line, "font": {"color": colors.text}},
        "dragmode": False,
        "showlegend": False,
        "bargap": 0.25,
        "xaxis": {
            "type": "date",
            "domain": [0, map_ends],
            "side": "top",
            "fixedrange": True,
            "showgrid": False,
            "nticks": 5 if look.narrow else 12,
            "hoverformat": _hover_time(shown.stretch.size),
        },
        "yaxis": {
            "type": "category",
            "autorange": "reversed",
            "fixedrange": True,
            "showgrid": False,
            "automargin": True,
            "tickmode": "array",
            "tickvals": list(labels),
            "ticktext": list(labels.values()),
            "tickfont": {"size": 12 if len(labels) <= _FEW_ROWS else 11},
        },
    }
    if not look.narrow:
        bars = {"domain": [0.88, 1], "side": "top", "fixedrange": True, "rangemode": "tozero", "nticks": 3}
        layout["xaxis2"] = {**bars, "ticksuffix": " %", "zeroline": False}
    return layout


def _hover_time(size: Size) -> str:
    text = _TIME_FORMATS[size]
    return _("week %(week)s", week=text) if size is Size.WEEK else text
