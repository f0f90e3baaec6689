"""The typical day and the distribution of one quantity as figures; frames in, plain plotly dictionaries out."""

from math import isnan
from typing import Any

import numpy as np

from analytics.look import Palette
from analytics.quantities import Quantity
from app.i18n import _, number_text
from app.insights.stretches import DayReport
from app.pages.device.figures import Figure, template
from app.pages.device.insights.words import Terms
from app.pages.device.panels import faded
from app.theme import palette

#: Fewer days than this show weather, not habit.
FEWEST_DAYS = 3
_QUARTILES = ("low", "median", "high")


def day_figure(report: DayReport, terms: Terms, scheme: str | None) -> Figure:
    """Draw the median of each hour of the day over the middle half of the days."""
    if report.days < FEWEST_DAYS:
        return _saying(_("Needs three days of readings"), scheme)
    colors = palette(scheme)
    color = color_of(terms.quantity, colors)
    hours = (report.hours.index.to_numpy() + 0.5).tolist()
    low, median, high = (terms.scaled(report.hours[name].to_numpy(dtype=np.float64)) for name in _QUARTILES)
    edges = {"type": "scatter", "x": hours, "mode": "lines", "showlegend": False}
    unseen = {**edges, "line": {"width": 0}, "hoverinfo": "skip"}
    figure = _figure(_("Hour of the day"), scheme)
    figure["data"] = [
        {**unseen, "y": _plain(low)},
        {**unseen, "y": _plain(high), "fill": "tonexty", "fillcolor": faded(color, 0.2)},
        {
            **edges,
            "y": _plain(median),
            "line": {"color": color, "width": 2.25},
            "customdata": [_hour_text(*each, terms) for each in zip(low, median, high, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    ]
    figure["layout"]["xaxis"] |= {
        "range": [0, 24], "tickvals": [0, 6, 12, 18, 24], "ticktext": ["0:00", "6:00", "12:00", "18:00", "24:00"],
    }  # fmt: skip
    return figure


def distribution_figure(report: DayReport, terms: Terms, scheme: str | None) -> Figure:
    """Draw the share of time spent in each bin of values, with the band behind it."""
    seconds = np.asarray(report.histogram[1:], dtype=np.float64)
    if not seconds.sum() > 0:
        return _saying(_("No usable readings"), scheme)
    colors = palette(scheme)
    starts = (int(report.histogram[0]) + np.arange(seconds.size)) * report.bin_width
    left, right = (terms.scaled(edge.astype(np.float64)) for edge in (starts, starts + report.bin_width))
    share = 100 * seconds / seconds.sum()
    figure = _figure(terms.name.heading, scheme)
    figure["data"] = [
        {
            "type": "bar",
            "x": _plain((left + right) / 2),
            "y": _plain(share),
            "width": _plain(0.94 * (right - left)),
            "marker": {"color": faded(color_of(terms.quantity, colors), 0.75)},
            "customdata": [_bin_text(*each, terms) for each in zip(left, right, share, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        }
    ]
    figure["layout"]["yaxis"] |= {"ticksuffix": " %", "rangemode": "tozero"}
    figure["layout"]["shapes"] = _band(report, terms, colors, (float(left[0]), float(right[-1])))
    return figure


def _hour_text(low: float, median: float, high: float, terms: Terms) -> str:
    low_text, text, high_text = (number_text(one, terms.name.decimals) for one in (low, median, high))
    return f"{text}{terms.name.suffix} ({low_text} – {high_text})"


def _bin_text(left: float, right: float, share: float, terms: Terms) -> str:
    low, high = (number_text(edge, terms.name.decimals) for edge in (left, right))
    return _("%(low)s to %(high)s: %(share)s %% of the time", low=low, high=high, share=number_text(share, 1))


def color_of(quantity: Quantity, colors: Palette) -> str:
    """Give the color that a quantity has everywhere."""
    return {Quantity.PH: colors.ph, Quantity.EC: colors.ec, Quantity.WATER: colors.water}[quantity]


def _band(report: DayReport, terms: Terms, colors: Palette, ends: tuple[float, float]) -> list[Figure]:
    if isnan(report.low) and isnan(report.high):
        return []
    low, high = (terms.scaled(edge) for edge in (report.low, report.high))
    place = {"x0": ends[0] if isnan(low) else low, "x1": ends[1] if isnan(high) else high, "y0": 0, "y1": 1}
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", **place,
            "fillcolor": colors.band, "line": {"width": 0}, "layer": "below",
        }
    ]  # fmt: skip


def _figure(title: str, scheme: str | None) -> Figure:
    return {
        "data": [],
        "layout": {
            "template": template(scheme),
            "margin": {"l": 44, "r": 8, "t": 8, "b": 40},
            "hovermode": "x",
            "bargap": 0,
            # On a narrow screen the first label would touch the lowest one of the other axis.
            "xaxis": {"title": {"text": title}, "fixedrange": True, "ticklabelstandoff": 4},
            "yaxis": {"fixedrange": True, "nticks": 5},
        },
    }


def _saying(words: str, scheme: str | None) -> Figure:
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 13}}
    layout = {
        "template": template(scheme),
        "xaxis": hidden,
        "yaxis": hidden,
        "annotations": [{"text": words, **middle}],
    }
    return {"data": [], "layout": layout}


def _plain(values: np.ndarray) -> list[float | None]:
    """Give numbers as JSON knows them: NaN is a gap."""
    return [None if isnan(one) else float(one) for one in values]
