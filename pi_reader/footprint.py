"""What the agent costs its Pi: memory, processor and disk, measured."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Resident memory in MB now and at its highest, and the share of one core in percent since the start."""

    resident_mb: float
    highest_mb: float
    cpu_percent: float
    running_s: float


def footprint_of(pid: int) -> Footprint:
    """Measure a process of this machine.

    Raises
    ------
    OSError
        If there is no such process.
    """
    status = dict(line.split(":", 1) for line in (_PROC / f"{pid}/status").read_text().splitlines() if ":" in line)
    # The name of the process stands in brackets and may hold blanks.
    fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    used_s = (int(fields[11]) + int(fields[12])) / ticks_per_s
    running_s = max(time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / ticks_per_s, 0.01)
    return Footprint(_mb(status["VmRSS"]), _mb(status["VmHWM"]), 100.0 * used_s / running_s, running_s)


def installed_mb() -> float:
    """Return the size of the environment this program is installed in, in MB."""
    files = (path for path in Path(sys.prefix).rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def describe_footprint(pid: int) -> str:
    """Return a few lines for a person."""
    cost = footprint_of(pid)
    return "\n".join(
        [
            f"memory    {cost.resident_mb:.1f} MB resident, {cost.highest_mb:.1f} MB at the highest",
            f"processor {cost.cpu_percent:.2f} % of one core in {cost.running_s:.0f} s",
            f"disk      {installed_mb():.1f} MB installed in {sys.prefix}",
        ]
    )


def _mb(kilobytes: str) -> float:
    return int(kilobytes.split()[0]) * 1024 / 1e6
