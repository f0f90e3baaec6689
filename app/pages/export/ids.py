"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: The visitor's choices, written as the query part of the address.
    VIEW = "export-view"
    ADDRESS = "export-address"
    DEVICES = "export-devices"
    SITE = "export-site"
    CROP = "export-crop"
    RANGE = "export-range"
    DAYS = "export-days"
    RESOLUTION = "export-resolution"
    FIELDS = "export-fields"
    UNIT = "export-unit"
    DETAILS = "export-details"
    VALUES = "export-values"
    QUALITY = "export-quality"
    ZONE = "export-zone"
    LAYOUT = "export-layout"
    FORMAT = "export-format"
    DIALECT = "export-dialect"
    SIZE = "export-size"
    DOWNLOAD = "export-download"
    AS_URL = "export-as-url"
    AS_CURL = "export-as-curl"
    AS_PANDAS = "export-as-pandas"
    HISTORY = "export-history"
    SCHEDULES = "export-schedules"
    BEAT = "export-beat"
    #: Of the buttons in the history: {"type": CANCEL, "export": number}.
    CANCEL = "export-cancel"
