"""Verdicts in words, in the reader's language."""

from analytics.flags import Flag
from app.i18n import _
from app.overrides import LONGEST_REASON, LONGEST_SPAN
from app.pages.device.overrides.form import Flaw


def verdict_name(flag: int) -> str:
    """Name what a person said of the readings."""
    return {
        Flag.GOOD: _("Good"),
        Flag.NOT_EVALUATED: _("Not judged"),
        Flag.SUSPECT: _("Suspect"),
        Flag.FAIL: _("Bad"),
    }[Flag(flag)]


def flaw_text(flaw: Flaw) -> str:
    """Say what the form still needs."""
    return {
        Flaw.NOT_ALLOWED: _("Only agronomists and administrators may judge readings."),
        Flaw.NO_SPAN: _("Choose from when to when; the end comes after the start."),
        Flaw.TOO_LONG: _("The span is too long; judge %(days)s days at a time.", days=LONGEST_SPAN.days),
        Flaw.IN_THE_FUTURE: _("The span ends in the future; nothing is measured there yet."),
        Flaw.NO_REASON: _("Give the reason, in at most %(count)s characters.", count=LONGEST_REASON),
        Flaw.GONE: _("This verdict has been withdrawn already."),
    }[flaw]
