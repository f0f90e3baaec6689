"""The figure of one device: pH, conductivity and water temperature over one shared time axis.

Frames in, figure out. Times are drawn as the wall clock of the device's site, because plotly ignores zones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from analytics.flags import CHANNELS
from analytics.look import Palette
from analytics.quantities import Quantity
from app.components import Look, wall_times
from app.i18n import _, number_text
from app.pages.device.bands import BandStep, band_steps
from app.pages.device.channels import Channel, Channels
from app.pages.device.displayed import bands_in, channels_in, naming
from app.pages.device.events import lane
from app.pages.device.events.tank_event import CALIBRATION_KINDS, TankEvent
from app.pages.device.panels import Brush, Panel, legend_traces, panel_traces, words_for
from app.pages.device.period import Level, Period
from app.pages.device.scales import scale_of
from app.pages.device.thinned import epoch_ms
from app.pages.device.view import Around, Window
from app.theme import figure_template, palette

#: A figure as plotly.js takes it: ``data`` and ``layout``.
Figure = dict[str, Any]

_AXES = {Quantity.PH: "y", Quantity.EC: "y2", Quantity.WATER: "y3"}
#: Share of the height between two panels: room for the lower one's heading.
_BETWEEN = 0.09
_ABOVE_LANE = 0.015
#: Half of the axis' topmost number may stand above the panel, in pixels; the heading begins above that.
_ABOVE_A_NUMBER = 7


@dataclass(frozen=True, slots=True)
class Story:
    """What is to be drawn, conductivity in µS/cm; ``events`` are in time order.

    ``revision`` changes when the visitor chose another stretch.
    """

    device: str
    channels: Channels
    bands: pd.DataFrame
    period: Period
    level: Level
    window: Window
    zone: ZoneInfo
    revision: str
    events: Sequence[TankEvent] = ()
    around: Around = Around.DEVIATION


def device_figure(story: Story, look: Look) -> Figure:
    """Draw three panels, top to bottom pH, conductivity in ``look.unit`` and water temperature.

    A period without any reading gives a figure that says so, a quantity without one a panel that says so. What the
    visitor did to the figure by hand outlives new readings: it is forgotten with another stretch, unit or device.
    """
    channels, bands = channels_in(story.channels, look.unit), bands_in(story.bands, look.unit)
    brush = Brush(
        words_for(story.level, story.window, story.around), palette(look.scheme), story.zone, brief=look.narrow
    )
    figure: Figure = {"data": [], "layout": _layout(story, look)}
    if all(_is_empty(channel) and channel.flagged.empty for channel in channels.values()):
        return _nothing(figure)
    for quantity in CHANNELS:
        steps = band_steps(bands, quantity)
        panel = Panel(
            axis=_AXES[quantity],
            naming=naming(quantity, look.unit),
            color=_color(quantity, brush.colors),
            scale=scale_of(channels[quantity], steps, quantity),
        )
        _add_panel(figure, panel, channels[quantity], steps, brush)
        figure["layout"]["shapes"] += [
            _calibration(event, panel, brush) for event in story.events if event.kind == CALIBRATION_KINDS.get(quantity)
        ]
    _add_lane(figure, story, look, brush)
    figure["data"] += legend_traces(brush, {trace["name"] for trace in figure["data"]})
    return figure


def _is_empty(channel: Channel) -> bool:
    return not channel.values.notna().any()


def _color(quantity: Quantity, colors: Palette) -> str:
    return {Quantity.PH: colors.ph, Quantity.EC: colors.ec, Quantity.WATER: colors.water}[quantity]


def _layout(story: Story, look: Look) -> Figure:
    return {
        "template": template(look.scheme),
        # The card's own color: plotly sets the line at the pointer off against it.
        "paper_bgcolor": palette(look.scheme).surface,
        "uirevision": f"{story.device} {look.unit}",
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverdistance": 30,
        "dragmode": False if look.touch else "zoom",
        "margin": {"l": 44, "r": 8, "t": 32, "b": 24} if look.narrow else {"l": 56, "r": 12, "t": 32, "b": 28},
        "legend": {"orientation": "h", "x": 0, "y": -0.06, "yanchor": "top", "itemdoubleclick": False},
        "xaxis": _time_axis(story, look),
        **{_long_name(axis): _value_axis(place, look) for place, axis in enumerate(_AXES.values())},
        _long_name(lane.AXIS): {
            "domain": [0, lane.HEIGHT],
            "range": [0, 1],
            "anchor": "x",
            "fixedrange": True,
            "visible": False,
        },
        "shapes": [],
        "annotations": [],
    }


@cache
def template(scheme: str | None) -> Figure:
    """Give the product's template as plain JSON, made once per scheme."""
    plain: Figure = figure_template(scheme).to_plotly_json()
    return plain


def _time_axis(story: Story, look: Look) -> Figure:
    start, end = epoch_ms(pd.DatetimeIndex([story.period.start, story.period.end]), story.zone)
    return {
        "type": "date",
        "anchor": lane.AXIS,
        # Set as limits of the automatic range: a double click then comes back to the whole period. These are the one
        # place where plotly takes numbers as they are.
        "autorange": True,
        "autorangeoptions": {"minallowed": start, "maxallowed": end},
        "uirevision": f"{story.device} {story.revision}",
        "hoverformat": "%a %-d %b %Y %H:%M",
        "nticks": 5 if look.narrow else 10,
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": palette(look.scheme).muted,
    }


def _value_axis(place: int, look: Look) -> Figure:
    height = (1 - lane.HEIGHT - _ABOVE_LANE - 2 * _BETWEEN) / 3
    top = 1 - place * (height + _BETWEEN)
    return {"domain": [top - height, top], "anchor": "x", "nticks": 5, "fixedrange": look.touch}


def _nothing(figure: Figure) -> Figure:
    for axis in ("xaxis", *map(_long_name, _AXES.values())):
        figure["layout"][axis]["visible"] = False
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 14}}
    figure["layout"]["annotations"] = [{"text": _("No readings in this period"), **middle}]
    return figure


def _add_panel(figure: Figure, panel: Panel, channel: Channel, steps: Sequence[BandStep], brush: Brush) -> None:
    layout = figure["layout"]
    figure["data"] += panel_traces(channel, panel, brush)
    layout["shapes"] += [_band(step, panel, brush) for step in steps]
    layout["annotations"].append({"text": _heading(panel, steps, brush), "x": 0, "y": 1, **_above(panel, brush)})
    if panel.scale is not None:
        limits = {"minallowed": panel.scale.low, "maxallowed": panel.scale.high}
        layout[_long_name(panel.axis)] |= {"autorange": True, "autorangeoptions": limits}
    else:
        # Without anything to measure by, plotly would number the axis from -1 to 4.
        layout[_long_name(panel.axis)]["showticklabels"] = False
    if _is_empty(channel):
        why = _("not measured in this period") if channel.flagged.empty else _("no reading passed its tests")
        layout["annotations"].append({"text": why, "x": 0.5, "y": 0.5, **_on(panel)})


def _calibration(event: TankEvent, panel: Panel, brush: Brush) -> Figure:
    """Draw a line through the panel where a calibration begins; what it was says the mark in the lane."""
    (at,) = wall_times(epoch_ms(pd.DatetimeIndex([event.started_at]), brush.zone))
    line = {"color": brush.colors.muted, "width": 1, "dash": "dash"}
    return {
        "type": "line",
        "xref": "x",
        "x0": at,
        "x1": at,
        "yref": f"{panel.axis} domain",
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def _add_lane(figure: Figure, story: Story, look: Look, brush: Brush) -> None:
    """Lay the events out on a quiet line of their own, right above the times."""
    line = {"color": brush.colors.line, "width": 1}
    figure["layout"]["shapes"].append(
        {
            "type": "line",
            "xref": "x domain",
            "x0": 0,
            "x1": 1,
            "yref": lane.AXIS,
            "y0": 0.5,
            "y1": 0.5,
            "line": line,
            "layer": "below",
        }
    )
    marks = lane.lane_marks(story.events, story.period.width, narrow=look.narrow)
    if marks:
        name = _("What happened")
        figure["data"].append(lane.lane_trace(marks, colors=brush.colors, unit=look.unit, zone=story.zone, name=name))


def _band(step: BandStep, panel: Panel, brush: Brush) -> Figure:
    start, end = wall_times(epoch_ms(pd.DatetimeIndex([step.start, step.end]), brush.zone))
    return {
        "type": "rect",
        "xref": "x",
        "yref": panel.axis,
        "x0": start,
        "x1": end,
        "y0": step.low,
        "y1": step.high,
        "fillcolor": brush.colors.band,
        "line": {"width": 0},
        "layer": "below",
    }


def _heading(panel: Panel, steps: Sequence[BandStep], brush: Brush) -> str:
    """Name the panel and the band that holds at its right end."""
    heading = f"<b>{panel.naming.heading}</b>"
    if not steps:
        return heading
    low, high = (number_text(edge, panel.naming.decimals) for edge in (steps[-1].low, steps[-1].high))
    target = _("target %(low)s to %(high)s", low=low, high=high)
    return f'{heading}  <span style="color:{brush.colors.muted}">{target}</span>'


def _above(panel: Panel, brush: Brush) -> Figure:
    # On a small screen the heading begins at the edge, over the numbers of the axis.
    place = {"xshift": -40, "font": {"size": 12}} if brush.brief else {"xshift": -4, "font": {"size": 13}}
    return {"xanchor": "left", "yanchor": "bottom", "yshift": _ABOVE_A_NUMBER, **place, **_on(panel)}


def _on(panel: Panel) -> Figure:
    return {"xref": "paper", "yref": f"{panel.axis} domain", "showarrow": False}


def _long_name(axis: str) -> str:
    return axis.replace("y", "yaxis", 1)
