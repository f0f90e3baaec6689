"""The traces of one panel, from back to front: extremes, readings, deviation, statistics, flagged readings.

Traces are plain dicts: checking sixteen of them property by property costs plotly five times as long as all the rest.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.flags import Flag
from analytics.look import Palette
from app.components import wall_times
from app.i18n import _, ngettext, number_text
from app.pages.device.around import edges_around
from app.pages.device.channels import Channel
from app.pages.device.displayed import Naming
from app.pages.device.period import Level
from app.pages.device.scales import Scale
from app.pages.device.thinned import envelope, epoch_ms, line, marks, ribbon
from app.pages.device.view import Around, Window

#: One trace as plotly.js takes it; always of type scatter, which needs no WebGL.
Trace = dict[str, Any]

#: Below this many points a line is drawn with its points, or a lone reading would be invisible.
_FEW = 60


@dataclass(frozen=True, slots=True)
class Words:
    """The names of the layers, in the reader's language; they are also the legend."""

    line: str
    mean: str
    deviation: str
    median: str
    envelope: str
    suspect: str
    failed: str
    left_out: str


def around_names() -> dict[Around, str]:
    """Name what can be drawn around the mean."""
    return {
        Around.DEVIATION: _("± standard deviation"),
        Around.EXTREMES: _("Lowest and highest"),
        Around.TENTHS: _("10 % to 90 %"),
    }


def words_for(level: Level, window: Window, around: Around = Around.DEVIATION) -> Words:
    """Name the layers of a figure whose points stand for ``level``."""
    lines = {Level.READINGS: _("Readings"), Level.HOURS: _("Hourly means"), Level.DAYS: _("Daily means")}
    width = window_name(window)
    return Words(
        line=lines[level],
        mean=_("Mean of %(window)s", window=width),
        deviation=around_names()[around],
        median=_("Median of %(window)s", window=width),
        envelope=_("Lowest to highest"),
        suspect=_("Suspect"),
        failed=_("Failed"),
        left_out=_("not in the statistics"),
    )


def window_name(window: Window) -> str:
    """Write the width of a window."""
    return {
        Window.HOUR: _("1 hour"),
        Window.SIX_HOURS: _("6 hours"),
        Window.DAY: _("24 hours"),
        Window.WEEK: _("7 days"),
    }[window]


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity's place in the figure and how it is written there."""

    axis: str
    naming: Naming
    color: str
    scale: Scale | None


@dataclass(frozen=True, slots=True)
class Brush:
    """What all panels of one figure share."""

    words: Words
    colors: Palette
    zone: ZoneInfo
    #: A small screen has no room for the statistics in the box that follows the finger.
    brief: bool


def panel_traces(channel: Channel, panel: Panel, brush: Brush) -> Iterator[Trace]:
    """Give the traces of one panel, those in front last. A quantity without values has only its marks."""
    words = brush.words
    if channel.envelope is not None:
        yield _area(envelope(channel.envelope, interval_s=channel.interval_s), words.envelope, panel, brush)
    yield _line(channel, panel, brush)
    if channel.rolling is not None:
        rolling = channel.rolling
        yield _area(ribbon(*edges_around(rolling)), words.deviation, panel, brush)
        yield _mean(rolling, panel, brush)
        yield _median(rolling["median"], panel, brush)
    for flag, name in ((Flag.SUSPECT, words.suspect), (Flag.FAIL, words.failed)):
        flagged = marks(channel.flagged[channel.flagged["flag"] == flag])
        if len(flagged) and panel.scale is not None:
            yield _marks(flagged, name, panel, panel.scale, brush)


def legend_traces(brush: Brush, shown: set[str]) -> Iterator[Trace]:
    """Give one empty trace per layer in a neutral color: three panels, one legend that switches all of them."""
    for name, style in _styles(brush.words, brush.colors.muted, brush.colors).items():
        if name in shown:
            group = {"name": name, "legendgroup": name, "showlegend": True}
            yield {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip", **group, **style}


def _styles(words: Words, color: str, colors: Palette) -> dict[str, dict[str, Any]]:
    """Say how each layer is drawn in ``color``; the legend draws itself the same way."""
    suspect = {"symbol": "diamond-open", "size": 9, "color": colors.suspect, "line": {"width": 2}}
    failed = {"symbol": "x-thin", "size": 8, "color": colors.fail, "line": {"width": 2, "color": colors.fail}}
    return {
        words.line: {"mode": "lines", "line": {"color": faded(color, 0.55), "width": 1}},
        words.envelope: _filled(faded(color, 0.14)),
        words.mean: {"mode": "lines", "line": {"color": color, "width": 2.25}},
        words.deviation: _filled(faded(color, 0.22)),
        words.median: {"mode": "lines", "line": {"color": color, "width": 1.5, "dash": "dot"}},
        words.suspect: {"mode": "markers", "marker": suspect},
        words.failed: {"mode": "markers", "marker": failed},
    }


def faded(color: str, opacity: float) -> str:
    """Give ``#rrggbb`` as an rgba() color."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _filled(color: str) -> dict[str, Any]:
    return {"mode": "lines", "line": {"width": 0, "color": color}, "fill": "toself", "fillcolor": color}


def _trace(values: pd.Series, name: str, panel: Panel, brush: Brush, **options: Any) -> Trace:
    return {
        "type": "scatter",
        "x": wall_times(epoch_ms(values.index, brush.zone)),
        "y": packed(values.to_numpy(dtype=np.float32)),
        "yaxis": panel.axis,
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "connectgaps": False,
        **_styles(brush.words, panel.color, brush.colors)[name],
        **options,
    }


def packed(numbers: npt.NDArray[np.floating]) -> dict[str, str]:
    """Write an array as plotly.js reads it fastest: its bytes in base64, NaN included."""
    kind = {"float32": "f4", "float64": "f8"}[str(numbers.dtype)]
    return {"dtype": kind, "bdata": b64encode(numbers.tobytes()).decode("ascii")}


def _area(outline: pd.Series, name: str, panel: Panel, brush: Brush) -> Trace:
    return _trace(outline, name, panel, brush, hoverinfo="skip")


def _line(channel: Channel, panel: Panel, brush: Brush) -> Trace:
    values = line(channel.values, interval_s=channel.interval_s)
    mode = "lines+markers" if len(values) < _FEW else "lines"
    said = f"<b>{panel.naming.title} {_number(panel)}{panel.naming.suffix}</b><extra></extra>"
    return _trace(values, brush.words.line, panel, brush, mode=mode, marker={"size": 4}, hovertemplate=said)


def _mean(rolling: pd.DataFrame, panel: Panel, brush: Brush) -> Trace:
    deviation = packed(rolling["std"].to_numpy(dtype=np.float32))
    said = f"{_number(panel)} ± %{{customdata:.{panel.naming.decimals + 1}f}}"
    hover = _statistic_hover(brush.words.mean, said, panel, brush)
    return _trace(rolling["mean"], brush.words.mean, panel, brush, customdata=deviation, **hover)


def _median(median: pd.Series, panel: Panel, brush: Brush) -> Trace:
    hover = _statistic_hover(brush.words.median, _number(panel), panel, brush)
    return _trace(median, brush.words.median, panel, brush, **hover)


def _statistic_hover(name: str, number: str, panel: Panel, brush: Brush) -> dict[str, str]:
    if brush.brief:
        return {"hoverinfo": "skip"}
    return {"hovertemplate": f"{panel.naming.title}, {name.lower()}: {number}<extra></extra>"}


def _marks(flagged: pd.DataFrame, name: str, panel: Panel, scale: Scale, brush: Brush) -> Trace:
    """Mark readings kept out. One beyond the axis is marked on its edge, with its own number in the words."""
    texts = [
        _mark_text(value, count, panel, brush) for value, count in zip(flagged["value"], flagged["count"], strict=True)
    ]
    said = f"{panel.naming.title} {name.lower()}: %{{text}}<extra></extra>"
    return _trace(scale.clamp(flagged["value"]), name, panel, brush, text=texts, hovertemplate=said)


def _mark_text(value: float, count: int, panel: Panel, brush: Brush) -> str:
    number = _("no value") if np.isnan(value) else number_text(value, panel.naming.decimals) + panel.naming.suffix
    if count > 1:
        return ngettext("%(num)s reading, not in the statistics", "%(num)s readings, not in the statistics", int(count))
    return f"{number}, {brush.words.left_out}"


def _number(panel: Panel) -> str:
    return f"%{{y:,.{panel.naming.decimals}f}}"
