"""The names of this page's components, once."""

from enum import StrEnum, unique

from app.pages.fleet.status import State


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    TICK = "fleet-tick"
    SHOWN = "fleet-shown"
    CLOCK = "fleet-clock"
    BOARD = "fleet-board"
    EMPTY = "fleet-empty"
    SUMMARY = "fleet-summary"
    SEARCH = "fleet-search"
    SITE = "fleet-site"
    ZONE = "fleet-zone"
    CROP = "fleet-crop"
    STATE = "fleet-state"
    GROUP = "fleet-group"
    GROUPS = "fleet-groups"
    COUNT_ALL = "fleet-count-all"
    GRID = "fleet-grid"
    QUERY = "fleet-query"
    CHOSEN = "fleet-chosen"
    CHOSEN_COUNT = "fleet-chosen-count"
    COMPARE = "fleet-compare"
    EXPORT = "fleet-export"


def count_id(state: State) -> str:
    """Name the number on the counter of a state."""
    return f"fleet-count-{state}"


def counter_id(state: State) -> str:
    """Name the whole counter of a state, which is hidden where a state is rare and nobody is in it."""
    return f"fleet-counter-{state}"
