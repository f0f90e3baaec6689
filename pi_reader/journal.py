"""A written record of every reading a simulated fleet created, to compare with what a server stored."""

import json
import threading
from pathlib import Path
from typing import TextIO

from pi_reader.outbox_rows import StoredReading
from pi_reader.timeline import rfc3339


class Journal:
    """Appends one JSON line per reading, right after the outbox has it on disk; safe for many threads.

    ``{"name":"pi-1","stream":"…","seq":412,"ts":"2026-11-23T07:59:50.000Z","ph_mv":1655.25,"ec_mv":1210.5,"water_c":21.4375}``
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._out: TextIO = file.open("a", encoding="utf-8", buffering=1)

    def note(self, name: str, reading: StoredReading) -> None:
        """Record one reading."""
        line = json.dumps(
            {
                "name": name,
                "stream": reading.stream,
                "seq": reading.seq,
                "ts": None if reading.ts_ms is None else rfc3339(reading.ts_ms),
                "ph_mv": reading.ph_mv,
                "ec_mv": reading.ec_mv,
                "water_c": reading.water_c,
            },
            separators=(",", ":"),
        )
        with self._lock:
            self._out.write(line + "\n")

    def close(self) -> None:
        """End the record."""
        with self._lock:
            self._out.close()
