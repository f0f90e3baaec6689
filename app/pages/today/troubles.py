"""What is said when the server itself is in trouble."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from app.i18n import _, ngettext, number_text, time_text
from app.pages.device.insights.words import Said, duration_text
from app.pages.today.entries import ServerTrouble, Trouble

_STYLE = "d MMM HH:mm"


def trouble_said(evidence: ServerTrouble, zone: str, now: datetime) -> Said:
    """Put a trouble of the server into words."""
    return _SAYINGS[evidence.trouble](evidence, zone, now)


def _disk(evidence: ServerTrouble, _zone: str, _now: datetime) -> Said:
    title = _("The disk is %(percent)s %% full", percent=number_text(evidence.number * 100, 0))
    return Said(
        title,
        _("at %(percent)s %% nothing more is taken in", percent=98),
        _("Free some space, or move the data to a larger disk."),
    )


def _rollups(evidence: ServerTrouble, _zone: str, _now: datetime) -> Said:
    late = duration_text(timedelta(seconds=evidence.number))
    return Said(
        _("Hourly figures are %(duration)s behind", duration=late),
        _("readings are safe; charts of hours and days lack the newest"),
        _("After a large import this passes by itself; otherwise look into the log."),
    )


def _checks(evidence: ServerTrouble, zone: str, now: datetime) -> Said:
    if evidence.start is None:
        raise ValueError("checks that are late were done at some time")
    return Said(
        _("Tanks were last checked %(duration)s ago", duration=duration_text(now - evidence.start)),
        _("at %(time)s; forecasts and probes may be out of date", time=time_text(evidence.start, zone, _STYLE)),
        _("Look into the log of the server."),
    )


def _was_away(evidence: ServerTrouble, zone: str, _now: datetime) -> Said:
    if evidence.start is None or evidence.end is None:
        raise ValueError("an outage has a beginning and an end")
    title = _(
        "The server was away from %(start)s to %(end)s",
        start=time_text(evidence.start, zone, _STYLE),
        end=time_text(evidence.end, zone, _STYLE),
    )
    return Said(title, _("Pis keep their readings meanwhile and send them afterwards"), "")


def _quarantine(evidence: ServerTrouble, _zone: str, _now: datetime) -> Said:
    title = ngettext(
        "%(num)s reading with a time that cannot be true",
        "%(num)s readings with a time that cannot be true",
        int(evidence.number),
    )
    return Said(title, _("kept aside, in no chart"), _("Look at the clock of the Pi."))


_SAYINGS: Mapping[Trouble, Callable[[ServerTrouble, str, datetime], Said]] = {
    Trouble.DISK: _disk,
    Trouble.ROLLUPS: _rollups,
    Trouble.CHECKS: _checks,
    Trouble.WAS_AWAY: _was_away,
    Trouble.QUARANTINE: _quarantine,
}
