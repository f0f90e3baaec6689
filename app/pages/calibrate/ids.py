"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    DEVICE = "calibrate-device"
    QUANTITY = "calibrate-quantity"
    TICK = "calibrate-tick"
    GO_LIVE = "calibrate-go-live"
    END_LIVE = "calibrate-end-live"
    #: Told by the buttons of live mode; what the tick says is in ``SIGNAL_TEXT``.
    LIVE_TEXT = "calibrate-live-text"
    SIGNAL_TEXT = "calibrate-signal-text"
    SPARK = "calibrate-spark"
    #: What would be captured now: millivolts, temperature, and the row of the guessed buffer.
    SIGNAL = "calibrate-signal"
    BUFFERS = "calibrate-buffers"
    STAGE = "calibrate-stage"
    PH_FORM = "calibrate-ph-form"
    EC_FORM = "calibrate-ec-form"
    STANDARD = "calibrate-standard"
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


def row_id(part: str, row: str) -> str:
    """Name a part of a row: ``label``, ``left``, ``found``, ``celsius`` or ``take``."""
    return f"calibrate-{part}-{row}"
