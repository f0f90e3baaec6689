"""The middle of many tanks, the band that most of them keep to, and some of them over it."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from analytics.envelope import Envelope, cohort_envelope
from app.components import Look
from app.i18n import _
from app.pages.compare.colors import line_style
from app.pages.compare.comparison import Comparison, Figure
from app.pages.compare.frame import number_format, packed_rows, time_layout
from app.pages.compare.lines import bridged, drawn_x, longest_gap_s, steps_x
from app.pages.compare.view import Spread
from app.pages.device.panels import faded, packed
from app.pages.device.thinned import ribbon
from app.theme import palette

#: So many tanks, the farthest from the median, are drawn over it when the reader has named none.
FARTHEST = 3
#: A cohort is three tanks at least.
FEWEST = 3


def cohort_figure(comparison: Comparison, look: Look) -> Figure:
    """Draw the envelope of the cohort with the named tanks over it, or those farthest from its middle."""
    envelope = envelope_of(comparison)
    over = [*_over(comparison, look, places_over(comparison, envelope))]
    return {
        "data": [*envelope_traces(comparison, envelope, look), *over],
        "layout": time_layout(comparison, look) | {"hovermode": "x unified"},
    }


def envelope_of(comparison: Comparison) -> Envelope:
    """Sum up the cohort: the earlier plantings where ages are compared and there are enough, the chosen Pis else."""
    scene, chosen = comparison.scene, len(comparison.scene.current)
    earlier = len(scene.traces) - chosen
    members = comparison.grid.mean[chosen:] if earlier >= FEWEST else comparison.grid.mean[:chosen]
    low, high = scene.view.spread.quantiles
    return cohort_envelope(members, low=low, high=high, min_members=FEWEST)


def places_over(comparison: Comparison, envelope: Envelope) -> Sequence[int]:
    """Give the places of the tanks to draw over the envelope."""
    chosen = comparison.scene.current
    named = [place for place, trace in enumerate(chosen) if trace.name in comparison.scene.view.over]
    if named:
        return named
    apart = np.abs(comparison.grid.mean[: len(chosen)] - envelope.median)
    count = np.isfinite(apart).sum(axis=1)
    mean = np.where(count > 0, np.nansum(apart, axis=1) / np.maximum(count, 1), -1.0)
    farthest = np.argsort(-mean, kind="stable")[:FARTHEST]
    return sorted(int(place) for place in farthest if mean[place] > 0)


def envelope_traces(comparison: Comparison, envelope: Envelope, look: Look) -> Iterator[Figure]:
    """Draw a band and its median; gaps of the cohort stay gaps."""
    color, x = palette(look.scheme).muted, steps_x(comparison.scene)
    known = np.isfinite(envelope.median)
    index = pd.DatetimeIndex(x.astype("M8[ms]") if not comparison.scene.is_by_age else (x * 86.4e6).astype("M8[ms]"))
    low, high = (pd.Series(edge, index=index) for edge in (envelope.low, envelope.high))
    outline = ribbon(low, high)
    at = outline.index.as_unit("ms").asi8.astype(np.float64)  # type: ignore[attr-defined]
    yield {
        "type": "scatter",
        "x": drawn_x(comparison.scene, at / 86.4e6 if comparison.scene.is_by_age else at),
        "y": packed(outline.to_numpy(dtype=np.float32)),
        "name": spread_text(comparison.scene.view.spread),
        "mode": "lines",
        "line": {"width": 0, "color": faded(color, 0.25)},
        "fill": "toself",
        "fillcolor": faded(color, 0.22),
        "hoverinfo": "skip",
    }
    numbers = [number_format(comparison, name) for name in ("y", "customdata[0]", "customdata[1]")]
    said = _("median %(median)s, band %(low)s to %(high)s", median=numbers[0], low=numbers[1], high=numbers[2])
    yield {
        "type": "scatter",
        "x": drawn_x(comparison.scene, x),
        "y": packed(np.where(known, envelope.median, np.nan).astype(np.float32)),
        "customdata": packed_rows(np.column_stack([envelope.low, envelope.high])),
        "name": _("Median"),
        "mode": "lines",
        "line": {"width": 2, "color": palette(look.scheme).text},
        "connectgaps": False,
        "hovertemplate": f"{said}<extra></extra>",
    }


def spread_text(spread: Spread) -> str:
    """Name the band."""
    return {Spread.HALF: _("Middle half"), Spread.MOST: _("10 % to 90 %")}[spread]


def _over(comparison: Comparison, look: Look, places: Sequence[int]) -> Iterator[Figure]:
    scene, x = comparison.scene, steps_x(comparison.scene)
    for order, place in enumerate(places):
        most = int(longest_gap_s(scene, place) / scene.step.total_seconds())
        name = scene.traces[place].name
        yield {
            "type": "scatter",
            "x": drawn_x(scene, x),
            "y": packed(bridged(comparison.grid.mean[place], most).astype(np.float32)),
            "name": name,
            "mode": "lines",
            "line": {"width": 2, **line_style(order, look.scheme)},
            "connectgaps": False,
            "hovertemplate": f"<b>{name}</b> {number_format(comparison, 'y')}<extra></extra>",
        }
