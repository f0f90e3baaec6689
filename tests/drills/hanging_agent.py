"""``hydrofleet-pi`` with a sampling thread that never comes back once the file named first is there.

A second word shortens the seconds after which the agent says that it hangs, "-" leaves them as they are.
"""

import sys
import threading
from pathlib import Path

from pi_reader import loop
from pi_reader.cli import main
from pi_reader.sampler import Sampler


def hang_when(sign: Path) -> None:
    """Make sampling wait for a lock that nobody gives back."""
    take_one, deadlock = Sampler.take_one, threading.Lock()
    deadlock.acquire()

    def take_one_or_hang(sampler: Sampler) -> None:
        if sign.exists():
            deadlock.acquire()
        take_one(sampler)

    Sampler.take_one = take_one_or_hang  # type: ignore[method-assign]


if __name__ == "__main__":
    hang_when(Path(sys.argv[1]))
    if sys.argv[2] != "-":
        loop._STALLED_AFTER_S = float(sys.argv[2])
    sys.exit(main(sys.argv[3:]))
