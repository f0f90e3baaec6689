"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    ACTOR = "audit-actor"
    ACTION = "audit-action"
    ABOUT = "audit-about"
    DAYS = "audit-days"
    BEFORE = "audit-before"
    ROWS = "audit-rows"
    NEWEST = "audit-newest"
    OLDER = "audit-older"
