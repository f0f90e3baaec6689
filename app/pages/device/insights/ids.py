"""The names of this section's components, once."""

from enum import StrEnum, unique


@unique
class InsightId(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: The stretch shown by the chart, once it is drawn: ``{"from", "to", "unit"}``, times with their offset.
    STRETCH = "device-insights-stretch"
    FINDINGS = "device-insights-findings"
    RANGES = "device-insights-ranges"
    QUANTITY = "device-insights-quantity"
    DAY = "device-insights-day"
    DISTRIBUTION = "device-insights-distribution"
    DAY_NOTE = "device-insights-day-note"
    UPTAKE = "device-insights-uptake"
