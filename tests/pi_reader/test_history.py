"""The stream that a loader reads: header, truths, records."""

import io
import json
import math
import subprocess
import sys

import pytest

from pi_reader.simulated.history import RECORD, write_history
from pi_reader.simulated.water import Tank

START_MS = 1_795_400_000_000
HOUR_MS = 3_600_000


def stream(seeds: list[int], hours: int = 2, every_ms: int = 300_000) -> tuple[list[dict[str, object]], list[tuple]]:
    out = io.BytesIO()
    write_history(out, seeds, start_ms=START_MS, end_ms=START_MS + hours * HOUR_MS, every_ms=every_ms)
    out.seek(0)
    lines = [json.loads(out.readline()) for _ in range(1 + len(seeds))]
    return lines, list(RECORD.iter_unpack(out.read()))


def test_header_names_the_format_and_counts_the_devices() -> None:
    lines, _ = stream([1, 2])

    assert lines[0] == {
        "format": "hydrofleet-history",
        "version": 1,
        "devices": 2,
        "record": "<Iqddd",
        "start_ms": START_MS,
        "end_ms": START_MS + 2 * HOUR_MS,
        "every_ms": 300_000,
    }


def test_every_device_has_a_line_with_its_truth() -> None:
    lines, _ = stream([7])

    assert lines[1]["seed"] == 7
    assert lines[1]["character"] == "ph_drifts"
    assert set(lines[1]) == {
        "seed",
        "ph7_mv",
        "slope_mv_per_ph",
        "k_factor",
        "alpha_per_c",
        "ph_target",
        "ec_target_us_cm",
        "character",
    }


def test_record_is_36_bytes_little_endian() -> None:
    assert RECORD.size == 36
    assert RECORD.pack(1, 0, 0.0, 0.0, 0.0)[:4] == b"\x01\x00\x00\x00"


def test_records_are_ordered_by_device_then_time_and_exclude_the_end() -> None:
    _, records = stream([5, 2])

    assert [(seed, ts) for seed, ts, *_ in records] == [
        (seed, START_MS + step * 300_000) for seed in (5, 2) for step in range(24)
    ]


def test_records_hold_what_the_probes_report() -> None:
    _, records = stream([5])

    assert records[3][2:] == tuple(Tank(5).report((START_MS + 3 * 300_000) / 1000))


def test_failed_channel_is_nan() -> None:
    _, records = stream([11], hours=144)

    unplugged = [record for record in records if math.isnan(record[2])]

    # Four to fourteen hours in every three days, twelve readings an hour; six days touch one to three such periods.
    assert 48 <= len(unplugged) <= 3 * 168
    assert not any(math.isnan(record[3]) for record in unplugged)


def test_silent_pi_leaves_a_hole() -> None:
    _, records = stream([13], hours=120)

    # Two to eight hours in every 60, twelve readings an hour; 120 hours touch one to three such periods.
    assert 1440 - 3 * 96 <= len(records) <= 1440 - 24


def test_nothing_to_write_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to write"):
        write_history(io.BytesIO(), [1], start_ms=10, end_ms=10, every_ms=1)


def test_command_line_writes_the_same_stream() -> None:
    arguments = ["history", "--seeds", "1..2", "--start", "2026-11-01T00:00:00Z", "--end", "2026-11-01T07:00:00+07:00"]
    refused = subprocess.run(
        [sys.executable, "-m", "pi_reader", *arguments], capture_output=True, text=True, check=False
    )
    arguments[-1] = "2026-11-01T01:00:00Z"
    written = subprocess.run([sys.executable, "-m", "pi_reader", *arguments], capture_output=True, check=True).stdout

    header, first, second, records = written.split(b"\n", 3)
    # 07:00 at UTC+7 is the start itself.
    assert "--end must be after --start" in refused.stderr
    assert json.loads(header)["start_ms"] == 1_793_491_200_000
    assert [json.loads(first)["seed"], json.loads(second)["seed"]] == [1, 2]
    assert len(records) == 2 * 12 * 36
