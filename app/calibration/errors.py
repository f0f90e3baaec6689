"""Why a calibration is not taken."""

from models.errors import HydrofleetError


class CalibrationError(HydrofleetError):
    """Base of the reasons."""


class NotAllowed(CalibrationError):
    """The person may look at calibrations and not change them."""

    def __init__(self, name: str | None) -> None:
        who = f"{name} may" if name else "nobody who is not logged in may"
        super().__init__(f"{who} not calibrate probes; ask an administrator for the role of an agronomist")


class Refused(CalibrationError):
    """The probe is outside the limits and nobody insisted with a reason."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{'; '.join(reasons)}. Clean or replace the probe, or insist with a reason")
        self.reasons = reasons


class NoEarlierVisit(CalibrationError):
    """A drift is to be spread over the time since a visit that never was."""

    def __init__(self) -> None:
        super().__init__("there is no earlier calibration to spread the drift from; let this one begin with a step")


class InTheFuture(CalibrationError):
    """The visit has not happened yet."""

    def __init__(self) -> None:
        super().__init__("a calibration cannot begin in the future; check date and time of the visit")


class Impossible(CalibrationError):
    """The readings in the standards do not make a calibration."""


class OutOfRange(Impossible):
    """A value that the quantity cannot have, as when it is typed in another unit."""
