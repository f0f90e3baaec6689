"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    TICK = "about-tick"
    HEALTH = "about-health"
    FACTS = "about-facts"
