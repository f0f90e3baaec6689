"""The names of the components around events."""

from enum import StrEnum, unique
from typing import Any

from dash.dependencies import Wildcard


@unique
class EventId(StrEnum):
    """Every component that a callback or a test reaches for."""

    LIST = "device-events-list"
    PAGER = "device-events-pager"
    NEWER = "device-events-newer"
    OLDER = "device-events-older"
    #: How many pages of the list have been turned.
    PAGE = "device-events-page"
    WITH_HIDDEN = "device-events-with-hidden"
    ADD = "device-events-add"
    #: Appears above the figure once a moment in it has been clicked.
    HERE = "device-events-here"
    #: That moment, on the clock of the site.
    CLICKED = "device-events-clicked"
    MESSAGE = "device-events-message"
    FORM = "device-event-form"
    #: Key of the event that the form corrects; None while it tells a new one.
    EDITING = "device-event-editing"
    KIND = "device-event-kind"
    AT = "device-event-at"
    SIZES = "device-event-sizes"
    EC = "device-event-ec"
    PH = "device-event-ph"
    NOTE = "device-event-note"
    REFUSAL = "device-event-refusal"
    SAVE = "device-event-save"
    CANCEL = "device-event-cancel"
    #: Count what the form has saved, and what the buttons of the list have settled.
    SAVED = "device-events-saved"
    SETTLED = "device-events-settled"


#: What the buttons of one event do; each is the name of a method of ``app.annotations.Annotations``.
SETTLEMENTS = ("confirm", "hide", "show", "remove")


def edit_id(key: str | Wildcard) -> dict[str, Any]:
    """Name the button that opens an event in the form; a callback asks for all of them with ``ALL``."""
    return {"type": "device-event-edit", "key": key}


def settle_id(action: str | Wildcard, key: str | Wildcard) -> dict[str, Any]:
    """Name the button that settles an event; ``action`` is one of :data:`SETTLEMENTS`."""
    return {"type": "device-event-settle", "action": action, "key": key}
