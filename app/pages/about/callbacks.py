"""What the page asks the server about itself."""

from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.health import DISK_WARNING
from app.i18n import _, number_text, time_text, zone_text
from app.pages.about.ids import Id
from app.pages.page import PageContext
from app.principal import Role, current_user
from app.silence import count_silent, last_outage
from models.db import session_scope
from models.read.about import DatabaseFacts, database_facts
from models.read.operations import Operations, operations

_MB = 1024 * 1024
#: What is younger is not counted in minutes: it would be 0 of them, or 1.
_JUST_NOW_S = 90


def health_facts(found: Operations, silent: int, disk_used: float, *, now: datetime, zone: str) -> list[Component]:
    """Say how the server is: what comes in, what waits to be computed, how full the disk is."""
    lag = _("just now") if found.ingest_lag_s < _JUST_NOW_S else _minutes(found.ingest_lag_s)
    waits = _("nothing waits") if not found.dirty_hours else _hours(found.dirty_hours, found.dirty_oldest_s)
    warning = disk_used > DISK_WARNING
    return [
        *_fact(_("Time of the server"), f"{time_text(now, zone)} ({zone_text(zone)})"),
        *_fact(_("Last delivery of a Pi"), _("none yet") if found.ingest_lag_s != found.ingest_lag_s else lag),
        *_fact(
            _("Pis"),
            _(
                "%(live)s online, %(silent)s silent",
                live=number_text(len(found.contacts) - silent, 0),
                silent=number_text(silent, 0),
            ),
        ),
        *_fact(_("Hours to compute"), waits),
        *_fact(_("Readings with an impossible time"), number_text(found.quarantined, 0)),
        *_fact(
            _("Disk"),
            _("%(percent)s %% full", percent=number_text(disk_used * 100, 0)),
            class_name="fact-problem" if warning else "",
        ),
    ]


def database_said(facts: DatabaseFacts, found: Operations) -> list[Component]:
    """Say which database it is, for whoever looks after it."""
    place = _("on this machine") if facts.is_local else _("over the network")
    return [
        *_fact("PostgreSQL", f"{facts.version.split(' ')[0]}, {place}"),
        *_fact(_("Size"), _("%(size)s MB", size=number_text(facts.size_bytes / _MB, 0))),
        *_fact(_("Readings, about"), number_text(facts.readings, 0)),
        *_fact(_("Months with a table of their own"), number_text(found.partitions, 0)),
        *_fact(_("Revision of the tables"), facts.revision),
    ]


def _minutes(seconds: float) -> str:
    return _("%(minutes)s minutes ago", minutes=number_text(seconds / 60, 0))


def _hours(count: int, oldest_s: float) -> str:
    if oldest_s < _JUST_NOW_S:
        return _("%(count)s, since a moment ago", count=number_text(count, 0))
    return _(
        "%(count)s, the oldest for %(minutes)s minutes",
        count=number_text(count, 0),
        minutes=number_text(oldest_s / 60, 0),
    )


def _fact(name: str, value: str, *, class_name: str = "") -> list[Component]:
    return [html.Dt(name), html.Dd(value, className=class_name)]


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callback to ``app``; call once per app."""

    @app.callback(Output(Id.HEALTH, "children"), Output(Id.FACTS, "children"), Input(Id.TICK, "n_intervals"))
    def look(_ticks: int | None) -> tuple[Any, Any]:
        now, user = context.clock(), current_user()
        with session_scope(context.engine) as session:
            found, facts = operations(session, now=now), database_facts(session)
            silent = count_silent(found.contacts, now, last_outage(session))
        health = health_facts(found, silent, context.disk_used(), now=now, zone=context.zone_of_reader())
        if user is None or not user.role.includes(Role.ADMIN):
            return health, [html.Dd(_("Administrators see it here."))]
        return health, database_said(facts, found)
