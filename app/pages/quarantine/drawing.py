"""What waits, in words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.components import pick_row
from app.i18n import _, ngettext, time_text, zone_text
from models.read.quarantine import HeldRun


def run_rows(runs: Sequence[HeldRun], usual_zone: str) -> list[Component]:
    """Write one row for each run: whose, how many, what its clock said, when it came."""
    return [
        pick_row(
            run.name,
            run.device,
            note=_(
                "its clock said %(first)s to %(last)s; received %(received)s",
                first=_clock(run.first_at),
                last=_clock(run.last_at),
                received=time_text(run.received_to, run.time_zone or usual_zone),
            ),
            aside=[
                html.Span(ngettext("%(num)s reading", "%(num)s readings", run.readings)),
                html.Span(reason_text(run.reason)),
            ],
        )
        for run in runs
    ]


def reason_text(reason: str) -> str:
    """Say why a time cannot be true."""
    return {
        "future": _("in the future"),
        "too-old": _("before 2020"),
        "before-device": _("before the device"),
    }[reason]


def first_time(run: HeldRun, usual_zone: str) -> str:
    """Suggest when the first reading of a run was made, on the clock of its site, as a picker writes it."""
    at = run.first_at + run.behind if run.reason != "before-device" else run.first_at
    return f"{at.astimezone(ZoneInfo(run.time_zone or usual_zone)):%Y-%m-%d %H:%M:%S}"


def shift_of(run: HeldRun, first: str, usual_zone: str) -> timedelta:
    """Give what has to be added so that the first reading was made at ``first``, on the clock of the site.

    The fraction of a second that the picker does not show stays as suggested.

    Raises
    ------
    ValueError
        If ``first`` is no time.
    """
    zone = ZoneInfo(run.time_zone or usual_zone)
    chosen = datetime.fromisoformat(first).replace(tzinfo=zone).astimezone(UTC)
    suggested = datetime.fromisoformat(first_time(run, usual_zone)).replace(tzinfo=zone).astimezone(UTC)
    usual = timedelta(0) if run.reason == "before-device" else run.behind
    return usual + (chosen - suggested)


def then_text(run: HeldRun, shift: timedelta, usual_zone: str) -> str:
    """Say which times the readings would get."""
    zone = run.time_zone or usual_zone
    return _(
        "Then they run from %(first)s to %(last)s (%(zone)s).",
        first=time_text(run.first_at + shift, zone),
        last=time_text(run.last_at + shift, zone),
        zone=zone_text(zone),
    )


def _clock(at: datetime) -> str:
    return time_text(at, "UTC")
