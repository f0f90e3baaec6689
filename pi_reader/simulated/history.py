"""Simulated history as one stream of bytes, for a loader that fills a demo or a benchmark.

The stream starts with JSON lines in UTF-8: a header, then one line per device, in the order of the devices::

    {"format":"hydrofleet-history","version":1,"devices":99,"record":"<Iqddd","start_ms":...,"end_ms":...,"every_ms":300000}
    {"seed":1,"ph7_mv":1512.3,"slope_mv_per_ph":-171.2,"k_factor":1.03,"alpha_per_c":0.02,"ph_target":5.9,
     "ec_target_us_cm":1480.0,"character":"healthy"}

Right after the last JSON line's newline follow fixed records of 36 bytes, little-endian, until the end of the stream:
``seed u32, ts_ms i64, ph_mv f64, ec_mv f64, water_c f64``. NaN is a failed read. Records are ordered by device, then
time; a device that had no power has no record for that time.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from struct import Struct
from typing import BinaryIO

from pi_reader.simulated.truth import ALPHA_PER_C, TankTruth, tank_truth
from pi_reader.simulated.water import Tank

RECORD = Struct("<Iqddd")
_RECORDS_PER_WRITE = 16384


def write_history(out: BinaryIO, seeds: Sequence[int], *, start_ms: int, end_ms: int, every_ms: int) -> int:
    """Write the history of these tanks over [start, end) to ``out`` and return the number of records."""
    if every_ms < 1 or end_ms <= start_ms:
        raise ValueError(f"nothing to write from {start_ms} to {end_ms} ms every {every_ms} ms")
    header = {
        "format": "hydrofleet-history",
        "version": 1,
        "devices": len(seeds),
        "record": RECORD.format,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "every_ms": every_ms,
    }
    out.write(_json_line(header))
    for seed in seeds:
        out.write(_json_line(truth_fields(tank_truth(seed))))
    records = 0
    for seed in seeds:
        for chunk in _chunks(seed, range(start_ms, end_ms, every_ms)):
            out.write(chunk)
            records += len(chunk) // RECORD.size
    out.flush()
    return records


def truth_fields(truth: TankTruth) -> dict[str, object]:
    """Return the JSON form of a tank's truth; ``alpha_per_c`` is the temperature coefficient of its conductivity."""
    return {**asdict(truth), "alpha_per_c": ALPHA_PER_C}


def _chunks(seed: int, times_ms: range) -> Iterator[bytes]:
    tank = Tank(seed)
    pack, report, silent_at = RECORD.pack, tank.report, tank.silent_at
    for first in range(0, len(times_ms), _RECORDS_PER_WRITE):
        part = times_ms[first : first + _RECORDS_PER_WRITE]
        yield b"".join([pack(seed, ms, *report(ms / 1000)) for ms in part if not silent_at(ms / 1000)])


def _json_line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
