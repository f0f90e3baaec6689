"""What the page shows of a probe: its signal, and the verdict on it."""

from datetime import datetime
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from analytics.buffers import BUFFERS_OF, BufferSet, buffer_ph
from analytics.calibration_fit import Judgement
from app.calibration.findings import Finding
from app.components import state_badge
from app.i18n import _, number_text
from app.pages.calibrate.source import Signal
from app.pages.calibrate.words import judgement_text, measures_text, stability_text
from app.theme import palette

_STATES = {Judgement.ACCEPT: "in", Judgement.WARN: "suspect", Judgement.REFUSE: "out"}


def signal_view(signal: Signal | None, now: datetime, *, is_live: bool) -> list[Component]:
    """Show what the probe says, large enough to be read from the other side of a tank.

    Whether it has settled is only to be seen in live readings.
    """
    if signal is None:
        return [html.Span(_("This device has sent no millivolts."), className="note")]
    age_s = max((now - signal.newest_at).total_seconds(), 0)
    water = "" if signal.celsius is None else f"{number_text(signal.celsius, 1)} °C"
    badge = state_badge("in" if signal.stability.settled else "suspect", stability_text(signal.stability))
    return [
        html.Div([number_text(signal.millivolts, 1), html.Span(" mV", className="stat-unit")], className="stat-value"),
        html.Div([water, " · ", _("%(seconds)s s ago", seconds=number_text(age_s, 0))], className="stat-note"),
        *([badge] if is_live else []),
    ]


def spark_figure(shown: pd.Series, scheme: str | None) -> dict[str, Any]:
    """Draw the last minute, without axes: whether it is flat is all that matters."""
    bare = {"visible": False, "fixedrange": True}
    return {
        "data": [
            {
                "type": "scatter",
                "x": [stamp.isoformat() for stamp in shown.index],
                "y": shown.tolist(),
                "mode": "lines+markers",
                "marker": {"size": 4},
                "line": {"color": palette(scheme).ph, "width": 2},
                "hoverinfo": "skip",
            }
        ],
        "layout": {
            "xaxis": bare,
            "yaxis": bare,
            "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
        },
    }


def row_labels(buffers: BufferSet, celsius: float | None, guessed: str | None) -> list[list[Any]]:
    """Name the three buffers by what they are at the probe's temperature, and mark the one it probably stands in."""
    warm = celsius if celsius is not None and 0 <= celsius <= 50 else 25.0
    labels: list[list[Any]] = []
    for row, buffer in enumerate(BUFFERS_OF[buffers], start=1):
        label: list[Any] = [f"pH {number_text(buffer_ph(buffer, warm), 2)}"]
        if str(row) == guessed:
            label.append(html.Span(_("probably here"), className="calibrate-guess"))
        labels.append(label)
    return labels


def verdict_view(finding: Finding, follows: str | None) -> list[Component]:
    """Say what would be saved, before it is; ``follows`` is what a check with a meter changes."""
    return [
        state_badge(_STATES[finding.judgement], judgement_text(finding)),
        html.P(follows or measures_text(finding)),
    ]
