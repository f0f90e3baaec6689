"""What states and marks are called on screen."""

from app.i18n import _
from app.pages.fleet.status import Mark, State


def state_text(state: State) -> str:
    """Name a state in the reader's language."""
    return {
        State.OUT: _("Out of range"),
        State.SUSPECT: _("Suspect"),
        State.SILENT: _("Silent"),
        State.NO_DATA: _("No data"),
        State.UNJUDGED: _("No target"),
        State.IN: _("In range"),
        State.HISTORY: _("History"),
    }[state]


def nowhere_text(column: str) -> str:
    """Say of a device that it has no site, no zone or no crop."""
    return {"site": _("No site"), "zone": _("No zone"), "crop": _("No crop")}[column]


def mark_text(mark: Mark, quantity: str) -> str:
    """Say how one quantity stands, as part of a reason: "pH high". Nothing to say is ""."""
    return {
        Mark.LOW: _("%(quantity)s low", quantity=quantity),
        Mark.HIGH: _("%(quantity)s high", quantity=quantity),
        Mark.SUSPECT: _("%(quantity)s doubtful", quantity=quantity),
        Mark.MISSING: _("%(quantity)s missing", quantity=quantity),
        Mark.IN: "",
        Mark.UNJUDGED: "",
    }[mark]
