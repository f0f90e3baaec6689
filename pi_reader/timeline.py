"""When readings were taken, worked out afterwards for those taken before the clock was right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from pi_reader.clock import Stamp, Trust

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A Pi is back about this long after it lost power; only used to place readings of a boot that never knew the time.
_REBOOT_MS = 20_000


@dataclass(frozen=True, slots=True)
class Undated:
    """A reading known only by its time since boot (ms)."""

    seq: int
    boot_id: str
    boot_ms: int


@dataclass(frozen=True, slots=True)
class Dated:
    """A reading's final time (Unix ms) and how it is known."""

    seq: int
    ts_ms: int
    trust: Trust


def date_readings(undated: Sequence[Undated], now: Stamp, *, ceiling_ms: int | None = None) -> list[Dated]:
    """Date readings, given oldest first, by a moment ``now`` whose wall time is right; times increase strictly.

    Readings of this boot get their exact distance from ``now`` (``corrected``). An earlier boot that never knew the
    time is placed as late as possible, ending shortly before the next boot began, with its own distances kept
    (``estimated``). Everything stays before ``ceiling_ms``, the time of the next reading that is already dated.
    """
    dated: list[Dated] = []
    runs = [list(run) for _, run in groupby(undated, key=lambda reading: reading.boot_id)]
    for run in reversed(runs):
        if run[0].boot_id == now.boot_id:
            offset_ms, trust = now.wall_ms - now.boot_ms, Trust.CORRECTED
        else:
            next_boot_ms = now.wall_ms - now.boot_ms if ceiling_ms is None else ceiling_ms
            offset_ms, trust = next_boot_ms - _REBOOT_MS - run[-1].boot_ms, Trust.ESTIMATED
        dated[:0] = _placed(run, offset_ms, trust, ceiling_ms)
        ceiling_ms = dated[0].ts_ms
    return dated


def _placed(run: Sequence[Undated], offset_ms: int, trust: Trust, ceiling_ms: int | None) -> Iterator[Dated]:
    """Yield one boot's readings, moved back as a whole if they would reach the ceiling."""
    if ceiling_ms is not None:
        offset_ms = min(offset_ms, ceiling_ms - 1 - run[-1].boot_ms)
    for reading in run:
        yield Dated(reading.seq, reading.boot_ms + offset_ms, trust)


def rfc3339(ts_ms: int) -> str:
    """Return a Unix time in ms as the server wants it, e.g. ``2026-11-23T07:59:50.000Z``."""
    return (_EPOCH + timedelta(milliseconds=ts_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix_ms(text: str) -> int:
    """Return an RFC 3339 time as Unix ms; raises ``ValueError`` without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no offset")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
