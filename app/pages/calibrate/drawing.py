"""What the page shows of a probe: its signal, its verdict, its earlier calibrations."""

from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from analytics.buffers import BUFFERS_OF, BufferSet, buffer_ph
from analytics.calibration_fit import Judgement
from analytics.probe_health import probe_health
from app.calibration.findings import Finding
from app.components import state_badge
from app.i18n import _, number_text, time_text
from app.jobs.rederive import Progress
from app.pages.calibrate.source import Signal
from app.pages.calibrate.words import judgement_text, measures_text, stability_text
from app.theme import palette
from models.read.calibrations import CalibrationRecord
from models.read.jobs import JobRecord

_STATES = {Judgement.ACCEPT: "in", Judgement.WARN: "suspect", Judgement.REFUSE: "out"}


def signal_view(signal: Signal | None, now: datetime) -> list[Component]:
    """Show what the probe says, large enough to be read from the other side of a tank."""
    if signal is None:
        return [html.Span(_("This device has sent no millivolts."), className="note")]
    age_s = max((now - signal.newest_at).total_seconds(), 0)
    water = "" if signal.celsius is None else f"{number_text(signal.celsius, 1)} °C"
    badge = state_badge("in" if signal.stability.settled else "suspect", stability_text(signal.stability))
    return [
        html.Div([number_text(signal.millivolts, 1), html.Span(" mV", className="stat-unit")], className="stat-value"),
        html.Div([water, " · ", _("%(seconds)s s ago", seconds=number_text(age_s, 0))], className="stat-note"),
        badge,
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


def verdict_view(finding: Finding) -> list[Component]:
    """Say what would be saved, before it is."""
    return [
        state_badge(_STATES[finding.judgement], judgement_text(finding)),
        html.P(measures_text(finding)),
    ]


def version_options(history: list[CalibrationRecord], zone: str) -> list[Component]:
    """List earlier calibrations, each a large target."""
    return [
        dmc.Radio(value=str(one.id), label=_version_text(one, zone), size="md", className="calibrate-version")
        for one in history
    ]


def _version_text(one: CalibrationRecord, zone: str) -> str:
    said = [time_text(one.valid_from, zone)]
    if one.slope_percent is not None and one.offset_mv is not None:
        said.append(f"{number_text(one.slope_percent, 1)} %, {number_text(one.offset_mv, 1)} mV")
    elif "k_factor" in one.parameters:
        said.append(f"K {number_text(one.parameters['k_factor'], 3)}")
    said += [text for text in (one.technician, one.note, one.forced_reason) if text]
    if one.transition == "blend":
        said.append(_("drift spread"))
    return " · ".join(said)


def health_text(history: list[CalibrationRecord], zone: str) -> str:
    """Say how the electrode ages and when to replace it."""
    judged = [one for one in reversed(history) if one.slope_percent is not None and one.offset_mv is not None]
    by_time = {one.valid_from: one for one in judged}
    if not by_time:
        return ""
    frame = pd.DataFrame(
        {name: [getattr(one, name) for one in by_time.values()] for name in ("slope_percent", "offset_mv")},
        index=pd.DatetimeIndex(list(by_time)),
    )
    health = probe_health(frame)
    slope = number_text(health.slope_percent, 1)
    if np.isnan(health.slope_change):
        return _("Slope %(slope)s %%. Three calibrations will show how it changes.", slope=slope)
    change = number_text(health.slope_change, 1)
    said = [_("Slope %(slope)s %%, changing by %(change)s %% a month.", slope=slope, change=change)]
    if health.replace_by is not None:
        day = time_text(health.replace_by.to_pydatetime(), zone, "d MMM y")
        said.append(_("Replace the electrode by %(day)s.", day=day))
    return " ".join(said)


def repair_text(jobs: list[JobRecord]) -> str:
    """Say how far the repair of the history is."""
    if not jobs:
        return ""
    last, progress = jobs[-1], Progress.of(jobs[-1])
    changed = number_text(progress.changed, 0)
    if last.state == "failed":
        return _("The history could not be repaired; the log of the server says why.")
    if last.state == "done":
        return _("History repaired: %(changed)s readings changed.", changed=changed)
    return _("Repairing the history: %(changed)s readings changed so far …", changed=changed)
