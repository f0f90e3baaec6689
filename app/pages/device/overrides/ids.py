"""The names of the components around people's verdicts."""

from enum import StrEnum, unique
from typing import Any

from dash.dependencies import Wildcard


@unique
class OverrideId(StrEnum):
    """Every component that a callback or a test reaches for."""

    LIST = "device-overrides-list"
    MESSAGE = "device-overrides-message"
    OPEN = "device-overrides-open"
    FORM = "device-override-form"
    QUANTITY = "device-override-quantity"
    FROM = "device-override-from"
    TO = "device-override-to"
    VERDICT = "device-override-verdict"
    REASON = "device-override-reason"
    REFUSAL = "device-override-refusal"
    SAVE = "device-override-save"
    CANCEL = "device-override-cancel"
    #: Count what the form has saved, and what has been withdrawn.
    SAVED = "device-overrides-saved"
    WITHDRAWN = "device-overrides-withdrawn"


def withdraw_id(number: int | Wildcard) -> dict[str, Any]:
    """Name the button that takes a verdict back; a callback asks for all of them with ``ALL``."""
    return {"type": "device-override-withdraw", "number": number}
