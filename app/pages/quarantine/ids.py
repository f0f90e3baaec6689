"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    REVISION = "quarantine-revision"
    RUN = "quarantine-run"
    ROWS = "quarantine-run-rows"
    FORM = "quarantine-form"
    EMPTY = "quarantine-empty"
    FIRST = "quarantine-first"
    THEN = "quarantine-then"
    RETIME = "quarantine-retime"
    REASON = "quarantine-reason"
    DROP = "quarantine-drop"
    SAID = "quarantine-said"
