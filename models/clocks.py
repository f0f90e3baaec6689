"""How far the time of a reading can be trusted, as a small stored number."""

from enum import IntEnum, unique

#: A batch is on its way for seconds, on a bad network for half a minute; a clock that a time server keeps is right to
#: far less. A minute off is a clock that runs wrong.
SUSPECT_FROM_MS = 60_000


@unique
class Clock(IntEnum):
    """State of the Pi's clock when it stamped the reading; stored, so a member never changes its number."""

    #: The sender said nothing.
    UNKNOWN = 0
    #: The clock was disciplined by a time server.
    SYNCED = 1
    #: Stamped by the time since start-up and moved once the clock was known: right to seconds.
    CORRECTED = 2
    #: From a run of the Pi that never learnt the time: between known bounds only.
    ESTIMATED = 3

    @property
    def label(self) -> str:
        """The word that stands for it in requests, exports and on screens."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> "Clock":
        """Read the word back.

        Raises
        ------
        ValueError
            If it is none of the four words.
        """
        try:
            return _BY_LABEL[label]
        except KeyError:
            raise ValueError(f"{label!r} is not a clock state; use one of {', '.join(_BY_LABEL)}") from None


def is_suspect(skew_ms: float | None) -> bool:
    """Tell whether a device's own clock, so far ahead of ours when it last spoke, runs wrong; None is not known."""
    return skew_ms is not None and abs(skew_ms) >= SUSPECT_FROM_MS


_BY_LABEL = {clock.label: clock for clock in Clock}
