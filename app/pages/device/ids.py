"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: The name of the device shown; empty while the server only asks which ids there are.
    DEVICE = "device-name"
    HEADER = "device-header"
    EMPTY = "device-empty"
    SWITCH = "device-switch"
    PREVIOUS = "device-previous"
    NEXT = "device-next"
    GO = "device-go"
    TICK = "device-tick"
    #: Changes when the device has said something new.
    REVISION = "device-revision"
    #: What the browser knows of its screen: ``{"dark": bool, "narrow": bool, "touch": bool}``.
    SCREEN = "device-screen"
    #: The visitor's choices, written as the query part of the address.
    VIEW = "device-view"
    ADDRESS = "device-address"
    RANGE = "device-range"
    DAYS = "device-days"
    WINDOW = "device-window"
    AROUND = "device-around"
    #: As measured or as corrected; only shown where the two differ.
    VALUES = "device-values"
    RESET = "device-reset-zoom"
    #: Controls, figure and statistics: hidden while there is no reading to show.
    CHARTS = "device-charts"
    SHOWN = "device-shown"
    GRAPH = "device-graph"
    #: What the reader did last to the axis of time of the figure.
    ZOOM = "device-zoom"
    STATISTICS = "device-statistics"
    CSV = "device-csv"
