"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: The visitor's choices, written as the query part of the address.
    VIEW = "heatmap-view"
    ADDRESS = "heatmap-address"
    SCREEN = "heatmap-screen"
    GO = "heatmap-go"
    QUANTITY = "heatmap-quantity"
    SIDE = "heatmap-side"
    WEIGHT = "heatmap-weight"
    SIZE = "heatmap-size"
    RANGE = "heatmap-range"
    DAYS = "heatmap-days"
    ORDER = "heatmap-order"
    GROUP = "heatmap-group"
    WHAT_IF = "heatmap-what-if"
    BAND = "heatmap-band"
    BAND_BOX = "heatmap-band-box"
    BAND_TEXT = "heatmap-band-text"
    SUMMARY = "heatmap-summary"
    SHOWN = "heatmap-shown"
    GRAPH = "heatmap-graph"
    DAY_GRAPH = "heatmap-day-graph"
    DAY_NOTE = "heatmap-day-note"
    TABLE = "heatmap-table"
    TABLE_HEAD = "heatmap-table-head"
    CSV = "heatmap-csv"
    PNG = "heatmap-png"
    PICTURE = "heatmap-picture"
