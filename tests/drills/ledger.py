"""What the Pis of a drill made and what was acknowledged to them, compared with the table value by value."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Engine, text

from tests.drills.frame import Figure, at_least, none, told

_STORED = text(
    "SELECT d.name AS device, r.seq, s.name AS stream, (extract(epoch FROM r.ts) * 1000)::bigint AS ts_ms, "
    "r.ph_mv::float8 AS ph_mv, r.ec_mv::float8 AS ec_mv, r.water_c "
    "FROM readings r JOIN devices d ON d.id = r.device_id "
    "LEFT JOIN streams s ON s.device_id = r.device_id AND s.number = r.stream"
)


@dataclass(frozen=True, slots=True)
class Made:
    """A reading as a Pi made it; ``seq`` counts within the Pi's one queue."""

    device: str
    seq: int
    ts_ms: int
    ph_mv: float
    ec_mv: float
    water_c: float

    @property
    def key(self) -> tuple[str, int]:
        """What makes it one reading."""
        return self.device, self.seq


def make(device: str, number: int, seq: int, *, start_ms: int) -> Made:
    """Make the next reading of a Pi, a second after the last, with values that no other nearby reading has."""
    # Quarters: 32 bits hold them exactly, so that "unaltered" can mean equal.
    ph_mv, ec_mv = (low + (seq * step + number * 31) % 1600 / 4 for low, step in ((1400, 7), (900, 11)))
    return Made(device, seq, start_ms + 1000 * seq, ph_mv, ec_mv, 18 + (seq + number) % 64 / 8)


class Ledger:
    """The oracle: every reading that was made, every one that was acknowledged (the whole 2xx was read)."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._made: dict[tuple[str, int], Made] = {}
        self._acknowledged: set[tuple[str, int]] = set()
        self._miscounted = 0

    def note_made(self, readings: Iterable[Made]) -> None:
        """Write down readings that are about to be sent."""
        with self._guard:
            self._made.update((reading.key, reading) for reading in readings)

    def note_acknowledged(self, readings: Iterable[Made], receipt: dict[str, Any]) -> None:
        """Write down an acknowledgement. A receipt has to count every reading, and none of these has a conflict."""
        keys = [reading.key for reading in readings]
        with self._guard:
            self._acknowledged.update(keys)
            self._miscounted += receipt["accepted"] + receipt["duplicates"] != len(keys)

    @property
    def acknowledged(self) -> int:
        """How many readings were acknowledged so far."""
        return len(self._acknowledged)

    def compare(self, engine: Engine, *, least: int) -> dict[str, Figure]:
        """Compare with the table; a drill in which fewer than ``least`` readings were acknowledged proves nothing."""
        with engine.connect() as connection:
            rows = connection.execute(_STORED).all()
        stored = {(row.device, row.seq): row for row in rows}
        times = {(row.device, row.ts_ms) for row in rows}
        known = self._made.keys() & stored.keys()
        return {
            "made": told(len(self._made)),
            "acknowledged": at_least(len(self._acknowledged), least),
            "lost": none(len(self._acknowledged - stored.keys())),
            "duplicated": none(max(len(rows) - len(stored), len(rows) - len(times))),
            "altered": none(sum(not _same(self._made[key], stored[key]) for key in known)),
            "invented": none(len(stored.keys() - self._made.keys())),
            "miscounted_receipts": none(self._miscounted),
        }


def _same(made: Made, row: Any) -> bool:
    sent = (made.device, made.ts_ms, made.ph_mv, made.ec_mv, made.water_c)
    return sent == (row.stream, row.ts_ms, row.ph_mv, row.ec_mv, row.water_c)
