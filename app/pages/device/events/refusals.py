"""Why an event was not changed, in the reader's language."""

from app.annotations import InTheFuture, NotAllowed, NoteTooLong
from app.i18n import _
from app.pages.device.events.form import NothingTold
from app.typed_numbers import UnclearNumber, unclear_text
from models.errors import EventTaken, HydrofleetError, UnknownDevice, UnknownEvent


def refusal_text(error: HydrofleetError) -> str:
    """Say why nothing was changed, and what to do."""
    if isinstance(error, UnclearNumber):
        return unclear_text(error)
    texts = {
        NotAllowed: _("Only agronomists and administrators may change events."),
        InTheFuture: _("The event lies in the future; check date and time."),
        NoteTooLong: _("The note is too long; shorten it to 2,000 characters."),
        NothingTold: _("Choose what happened and when; a note needs words."),
        UnknownEvent: _("This event has been changed in the meantime; look at the list again."),
        EventTaken: _("There is such an event at this very time already; edit that one."),
        UnknownDevice: _("This device has been removed in the meantime."),
    }
    return texts.get(type(error), str(error))
