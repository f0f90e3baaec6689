"""The names of this card's components, once."""

from enum import StrEnum, unique


@unique
class ArrivalId(StrEnum):
    """Every component that a callback or a test reaches for."""

    REPORT = "device-arrivals-report"
    CODE = "device-arrivals-code"
    COPY = "device-arrivals-copy"
