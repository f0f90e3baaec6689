"""Up to twenty lines over one another; by age also the earlier plantings, as a band and quiet lines behind them."""

from collections.abc import Iterator

import numpy as np

from analytics.envelope import cohort_envelope
from app.components import Look
from app.i18n import _
from app.pages.compare.cohort import envelope_traces
from app.pages.compare.colors import line_style
from app.pages.compare.comparison import Comparison, Figure
from app.pages.compare.frame import number_format, packed_rows, time_layout, when_format
from app.pages.compare.lines import drawn_x, line_of
from app.pages.device.panels import faded, packed
from app.pages.device.period import Level
from app.theme import palette

#: Fewer points than this are drawn as points, or a lone one would be invisible.
_FEW = 60


def overlay_figure(comparison: Comparison, look: Look) -> Figure:
    """Draw a line per trace; pointing at one says whose it is, when and what."""
    chosen = len(comparison.scene.current)
    layout = time_layout(comparison, look)
    return {"data": [*_behind(comparison, chosen, look), *_lines(comparison, chosen, look)], "layout": layout}


def _lines(comparison: Comparison, chosen: int, look: Look) -> Iterator[Figure]:
    scene = comparison.scene
    for place in range(chosen):
        line = line_of(comparison, place)
        if not line.y.size:
            continue
        yield {
            "type": "scatter",
            "x": drawn_x(scene, line.x),
            "y": packed(line.y.astype(np.float32)),
            "customdata": packed_rows(np.column_stack([line.low, line.high])),
            "name": comparison.scene.traces[place].name,
            "mode": "lines+markers" if line.y.size < _FEW else "lines",
            "marker": {"size": 4},
            "line": {"width": 1.75, **line_style(place, look.scheme)},
            "connectgaps": False,
            "hovertemplate": _said(comparison, place),
        }


def _said(comparison: Comparison, place: int) -> str:
    scene, record = comparison.scene, comparison.scene.traces[place].device.record
    where = ", ".join(part for part in (record.site, record.zone) if part)
    head = f"<b>{record.name}</b>" + (f" · {where}" if where else "")
    value = f"{comparison.naming.title} <b>{number_format(comparison, 'y')}</b>"
    lines = [head, when_format(comparison), value]
    if scene.level is not Level.READINGS:
        low, high = (number_format(comparison, f"customdata[{column}]") for column in (0, 1))
        lines.append(_("lowest %(low)s, highest %(high)s", low=low, high=high))
    return "<br>".join(lines) + "<extra></extra>"


def _behind(comparison: Comparison, chosen: int, look: Look) -> Iterator[Figure]:
    """Draw what this planting is held against: the middle of the earlier ones, and each of them faintly."""
    scene = comparison.scene
    earlier = range(chosen, len(scene.traces))
    if not earlier:
        return
    low, high = scene.view.spread.quantiles
    envelope = cohort_envelope(comparison.grid.mean[chosen:], low=low, high=high, min_members=min(3, len(earlier)))
    yield from envelope_traces(comparison, envelope, look)
    for place in earlier:
        line = line_of(comparison, place)
        if not line.y.size:
            continue
        year = f"{scene.traces[place].origin.astimezone(scene.zone):%Y-%m-%d}"
        name = _("%(pi)s, transplanted %(day)s", pi=scene.traces[place].name, day=year)
        said = [f"<b>{name}</b>", when_format(comparison), number_format(comparison, "y")]
        yield {
            "type": "scatter",
            "x": drawn_x(scene, line.x),
            "y": packed(line.y.astype(np.float32)),
            "name": name,
            "mode": "lines",
            "line": {"width": 0.75, "color": faded(palette(look.scheme).muted, 0.5)},
            "showlegend": False,
            "connectgaps": False,
            "hovertemplate": "<br>".join(said) + "<extra></extra>",
        }
