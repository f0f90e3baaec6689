"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: The visitor's choices, written as the query part of the address.
    VIEW = "compare-view"
    ADDRESS = "compare-address"
    SCREEN = "compare-screen"
    GO = "compare-go"
    DEVICES = "compare-devices"
    QUANTITY = "compare-quantity"
    RANGE = "compare-range"
    DAYS = "compare-days"
    ALIGN = "compare-align"
    SHAPE = "compare-shape"
    SPREAD = "compare-spread"
    SPREAD_BOX = "compare-spread-box"
    OVER = "compare-over"
    OVER_BOX = "compare-over-box"
    BETWEEN = "compare-between"
    BETWEEN_BOX = "compare-between-box"
    ONE = "compare-one"
    ONE_BOX = "compare-one-box"
    RESET = "compare-reset-zoom"
    SUMMARY = "compare-summary"
    NOTICES = "compare-notices"
    EMPTY = "compare-empty"
    BODY = "compare-body"
    SHOWN = "compare-shown"
    GRAPH = "compare-graph"
    #: What the reader did last to the axis of time of the figure.
    ZOOM = "compare-zoom"
    WORDS = "compare-words"
    RANKING = "compare-ranking"
    RANKING_TITLE = "compare-ranking-title"
    CSV = "compare-csv"
