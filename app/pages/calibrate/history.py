"""What is known of a probe from its earlier visits: each of them, its health, and the repair of its history."""

from datetime import datetime

import dash_mantine_components as dmc
import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from analytics.probe_health import WORN_OFFSET_MV, WORN_SLOPE_PERCENT, ProbeHealth, probe_health
from analytics.quantities import Quantity
from app.components import ConductivityUnit, stat
from app.i18n import _, ngettext, number_text, time_text
from app.jobs.rederive import Progress
from app.pages.calibrate.words import value_text
from models.read.calibrations import CalibrationRecord
from models.read.jobs import JobRecord


def version_options(history: list[CalibrationRecord], zone: str, unit: ConductivityUnit) -> list[Component]:
    """List earlier visits, each a large target."""
    if not history:
        return [html.P(_("None yet: the board's nominal values are used."), className="note")]
    return [
        dmc.Radio(value=str(one.id), label=_version_label(one, zone, unit), size="md", className="calibrate-version")
        for one in history
    ]


def _version_label(one: CalibrationRecord, zone: str, unit: ConductivityUnit) -> Component:
    # A line that is too long breaks after what parts two of its words, never before.
    details = "\u00a0· ".join(_version_details(one, unit))
    when = html.Span(time_text(one.valid_from, zone), className="calibrate-when")
    return html.Span([when, " ", html.Span(details, className="calibrate-details")])


def _version_details(one: CalibrationRecord, unit: ConductivityUnit) -> list[str]:
    said = []
    if one.slope_percent is not None and one.offset_mv is not None:
        said.append(f"{number_text(one.slope_percent, 1)} %, {number_text(one.offset_mv, 1)} mV")
    elif "k_factor" in one.parameters:
        said.append(f"K {number_text(one.parameters['k_factor'], 3)}")
    elif "slope_mv_per_ph" in one.parameters:
        said.append(f"{number_text(one.parameters['slope_mv_per_ph'], 1)} mV/pH")
    elif one.method == "offset":
        found = one.points[0]
        shown, true = (value_text(found[name], Quantity(one.quantity), unit) for name in ("shown", "true"))
        said.append(_("meter %(true)s, shown %(shown)s", true=true, shown=shown))
    said += [text for text in (one.technician, one.note, one.forced_reason) if text]
    if one.transition == "blend":
        said.append(_("drift spread"))
    return said


def health_view(history: list[CalibrationRecord], quantity: Quantity, zone: str, now: datetime) -> list[Component]:
    """Say how a probe ages and when to replace it; what is not known yet is said, too."""
    if quantity is Quantity.EC:
        return _cell_health(history)
    judged = [one for one in reversed(history) if one.slope_percent is not None and one.offset_mv is not None]
    by_time = {one.valid_from: one for one in judged}
    if not by_time:
        return [html.P(_("Nothing is known of this electrode before its first calibration."), className="note")]
    frame = pd.DataFrame(
        {name: [getattr(one, name) for one in by_time.values()] for name in ("slope_percent", "offset_mv")},
        index=pd.DatetimeIndex(list(by_time)),
    )
    health = probe_health(frame)
    least, widest = f"{number_text(WORN_SLOPE_PERCENT, 0)}\u00a0%", f"±{number_text(WORN_OFFSET_MV, 0)}\u00a0mV"
    slope_now, offset_now = f"{number_text(health.slope_percent, 1)} %", f"{number_text(health.offset_mv, 1)} mV"
    slope = stat(_("Slope"), slope_now, note=_("worn out below %(limit)s", limit=least))
    offset = stat(_("Offset"), offset_now, note=_("worn out beyond %(limit)s", limit=widest))
    replace = stat(_("Replace by"), _replace_text(health, zone, now), note=_why(health, list(by_time)))
    return [html.Div([slope, offset, replace], className="calibrate-health")]


def _replace_text(health: ProbeHealth, zone: str, now: datetime) -> str:
    if health.replace_by is None:
        return _("not known")
    return _("now") if health.replace_by <= now else time_text(health.replace_by.to_pydatetime(), zone, "d MMM y")


def _why(health: ProbeHealth, visits: list[datetime]) -> str:
    if not np.isnan(health.slope_change) and visits[-1] - visits[0] >= pd.Timedelta(days=14):
        change = number_text(health.slope_change, 1)
        if health.replace_by is None:
            return _("no wear to speak of: %(change)s %% a month", change=change)
        return _("slope changes by %(change)s %% a month", change=change)
    if health.replace_by is not None:
        return _("beyond the limit")
    return ngettext(
        "a date needs three calibrations over two weeks; there is one",
        "a date needs three calibrations over two weeks; there are %(num)s",
        len(visits),
    )


def _cell_health(history: list[CalibrationRecord]) -> list[Component]:
    factors = [factor for one in history if (factor := one.parameters.get("k_factor")) is not None]
    if not factors:
        return [html.P(_("Nothing is known of this probe before its first calibration."), className="note")]
    note = _("usual 0.7 to 1.4; a falling factor is a dirty cell")
    return [html.Div([stat(_("Cell factor"), number_text(factors[0], 3), note=note)], className="calibrate-health")]


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
