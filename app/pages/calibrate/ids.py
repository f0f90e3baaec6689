"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    DEVICE = "calibrate-device"
    #: Everything that needs a tank, and what stands there until one is chosen.
    BODY = "calibrate-body"
    UNCHOSEN = "calibrate-unchosen"
    QUANTITY = "calibrate-quantity"
    TICK = "calibrate-tick"
    SCREEN = "calibrate-screen"
    GO_LIVE = "calibrate-go-live"
    END_LIVE = "calibrate-end-live"
    #: Whether the Pi reads every second, and until when; the answer to a press of a button is in ``LIVE_ANSWER``.
    LIVE_TEXT = "calibrate-live-text"
    LIVE_ANSWER = "calibrate-live-answer"
    SIGNAL_TEXT = "calibrate-signal-text"
    SPARK = "calibrate-spark"
    #: What would be captured now: millivolts, temperature, and the row of the guessed buffer.
    SIGNAL = "calibrate-signal"
    #: Standards with millivolts, or a meter beside the probe.
    METHOD = "calibrate-method"
    STANDARDS = "calibrate-standards"
    BUFFERS = "calibrate-buffers"
    STAGE = "calibrate-stage"
    PH_FORM = "calibrate-ph-form"
    EC_FORM = "calibrate-ec-form"
    STANDARD = "calibrate-standard"
    METER = "calibrate-meter"
    METER_UNIT = "calibrate-meter-unit"
    SINCE = "calibrate-since"
    AT = "calibrate-at"
    TRANSITION = "calibrate-transition"
    NOTE = "calibrate-note"
    REASON = "calibrate-reason"
    VERDICT = "calibrate-verdict"
    SAVE = "calibrate-save"
    MESSAGE = "calibrate-message"
    #: The calibration being edited; None for a new one.
    EDITING = "calibrate-editing"
    #: Changes when something was saved or withdrawn.
    REVISION = "calibrate-revision"
    REPAIR = "calibrate-repair"
    HISTORY = "calibrate-history"
    HEALTH = "calibrate-health"
    EDIT = "calibrate-edit"
    VOID = "calibrate-void"


#: Rows of the form: three buffers and the EC standard.
ROWS = ("1", "2", "3", "ec")
#: Fields of a check with a meter: what the pages show, what is true, what they show after cleaning.
CHECKS = ("shown", "true", "left")


def row_id(part: str, row: str) -> str:
    """Name a part of a row: ``label``, ``left``, ``found``, ``celsius`` or ``take``."""
    return f"calibrate-{part}-{row}"


def check_id(part: str) -> str:
    """Name a field of a check with a meter, see :data:`CHECKS`, or ``take-shown``, ``take-left``."""
    return f"calibrate-check-{part}"
