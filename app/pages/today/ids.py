"""The names of this page's components, once."""

from enum import StrEnum, unique

from app.pages.today.entries import Kind


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    TICK = "today-tick"
    SHOWN = "today-shown"
    QUERY = "today-query"
    SUMMARY = "today-summary"
    NUMBERS = "today-numbers"
    SITE = "today-site"
    ZONE = "today-zone"
    KIND = "today-kind"
    COUNT_ALL = "today-count-all"
    NOTHING = "today-nothing"
    FOOT = "today-foot"
    BOARD = "today-board"
    EMPTY = "today-empty"


def section_id(kind: Kind) -> str:
    """Name the card of a kind."""
    return f"today-section-{kind}"


def rows_id(kind: Kind) -> str:
    """Name the list in the card of a kind."""
    return f"today-rows-{kind}"


def count_id(kind: Kind) -> str:
    """Name the number on the counter of a kind."""
    return f"today-count-{kind}"


def counter_id(kind: Kind) -> str:
    """Name the whole counter of a kind, which is hidden where there is nothing to count."""
    return f"today-counter-{kind}"
