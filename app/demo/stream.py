"""Read simulated history from ``python -m pi_reader history``; its module documents the format."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from models.errors import HydrofleetError

_RECORD = np.dtype([("seed", "<u4"), ("ts_ms", "<i8"), ("ph_mv", "<f8"), ("ec_mv", "<f8"), ("water_c", "<f8")])
_RECORDS_PER_READ = 65_536


@dataclass(frozen=True, slots=True)
class History:
    """A stream of simulated readings: what is true about each tank, then records in the order of the seeds."""

    truths: list[dict[str, Any]]
    records: Iterator[npt.NDArray[Any]]


class SimulatorFailed(HydrofleetError):
    """The simulator's process ended with an error."""


def open_history(seeds: Sequence[int], *, start: datetime, end: datetime, every_s: int) -> History:
    """Start the simulator for these tanks over ``[start, end)``; its process ends with the stream."""
    command = [sys.executable, "-m", "pi_reader", "history", "--seeds", f"{seeds[0]}..{seeds[-1]}"]
    command += ["--start", start.isoformat(), "--end", end.isoformat(), "--every", str(every_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = cast(BinaryIO, process.stdout)
    header = output.readline()
    if not header:
        raise SimulatorFailed(f"the simulator ended with status {process.wait()} before its first line")
    truths = [json.loads(output.readline()) for _ in range(json.loads(header)["devices"])]
    return History(truths, _records(process, output))


def _records(process: subprocess.Popen[bytes], output: BinaryIO) -> Iterator[npt.NDArray[Any]]:
    """Read ahead in a thread, so that the simulator goes on while the caller stores; a pipe holds only 64 KiB."""
    blocks: SimpleQueue[bytes] = SimpleQueue()

    def read_ahead() -> None:
        while block := output.read(_RECORD.itemsize * _RECORDS_PER_READ):
            blocks.put(block)
        blocks.put(b"")

    with process:
        threading.Thread(target=read_ahead, daemon=True).start()
        while block := blocks.get():
            yield np.frombuffer(block, dtype=_RECORD)
    if process.returncode:
        raise SimulatorFailed(f"the simulator ended with status {process.returncode}")
