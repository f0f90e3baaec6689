"""The clocks of a Pi, which has no battery: wall time may be wrong for hours, time since boot never is."""

import ctypes
import ctypes.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from pi_reader.identity import boot_id

TIMESYNCD_FLAG = Path("/run/systemd/timesync/synchronized")
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


@unique
class Trust(StrEnum):
    """How the time of a reading is known; goes to the server as the reading's ``clock``."""

    SYNCED = "synced"  # the clock was right when the reading was taken
    CORRECTED = "corrected"  # computed from the time since boot after the clock became right
    ESTIMATED = "estimated"  # from an earlier boot that never knew the time: a bound, not a measurement


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment on both clocks, in ms: wall time and time since boot (which also runs in suspend).

    ``trust`` says how good ``wall_ms`` is; None is a wall clock that nobody vouches for.
    """

    boot_id: str
    boot_ms: int
    wall_ms: int
    trust: Trust | None


class Clock:
    """The machine's clocks. ``trusted`` skips the question whether the wall clock is right (battery-backed clock)."""

    def __init__(self, *, trusted: bool = False) -> None:
        # Twelve hex digits tell the boots of one Pi apart and save two megabytes in a week's outbox.
        self.boot_id = boot_id().replace("-", "")[:12]
        self._trusted = trusted
        self._adjtimex = None if trusted else _adjtimex()
        self._server_offset_ms: int | None = None

    def now(self) -> Stamp:
        """Return this moment; ``wall_ms`` is corrected by the server's time when this machine's is not known right."""
        boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        if self._trusted or self._kernel_says_synced():
            return Stamp(self.boot_id, boot_ms, time.time_ns() // 1_000_000, Trust.SYNCED)
        if self._server_offset_ms is not None:
            return Stamp(self.boot_id, boot_ms, boot_ms + self._server_offset_ms, Trust.CORRECTED)
        return Stamp(self.boot_id, boot_ms, time.time_ns() // 1_000_000, None)

    def own_ms(self) -> int:
        """Return what the wall clock itself says, right or wrong: the server compares it with its own."""
        return time.time_ns() // 1_000_000

    def learn(self, server_ms: int, at: Stamp) -> None:
        """Note the server's time at the moment ``at``: on a network without a time service it is the best there is."""
        self._server_offset_ms = server_ms - at.boot_ms

    def _kernel_says_synced(self) -> bool:
        if self._adjtimex is not None and self._adjtimex():
            return True
        return TIMESYNCD_FLAG.exists()


def _adjtimex() -> Callable[[], bool] | None:
    """Return a function that asks the kernel whether a time service keeps its clock; None where that is impossible."""
    try:
        libc = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True)
        call = libc.adjtimex
    except (OSError, AttributeError):
        return None

    def synced() -> bool:
        state = _Timex()
        answer = call(ctypes.byref(state))
        return answer not in (-1, _TIME_ERROR) and not state.status & _STA_UNSYNC

    return synced


class _Timex(ctypes.Structure):
    """``struct timex`` of <sys/timex.h> up to ``status``; ``modes`` 0 only asks. The rest is room for the kernel."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    )
