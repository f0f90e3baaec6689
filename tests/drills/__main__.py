"""Run drills: ``python -m tests.drills R1 R2 … | all | list``, with ``--full`` in the documented size."""

import argparse
import importlib
import signal
import sys
from typing import cast

from tests.drills.frame import Drill, about, perform

#: In the order in which ``all`` runs them.
MODULES = {
    "R1": "server_killed",
    "R2": "database_killed",
    "R3": "lost_answers",
    "R4": "offline_week",
    "R5": "backlog",
    "R6": "herd",
    "R7": "power_cuts",
    "R8": "damaged_files",
    "R9": "pi_disk_full",
    "R10": "disk_full",
    "R11": "wrong_clock",
    "R12": "hostile_bodies",
    "R13": "slow_clients",
    "R14": "overload",
    "R15": "database_restarted",
    "R16": "database_frozen",
    "R20": "enrollment_storm",
    "R21": "revocation",
    "R22": "sensors",
    "R23": "watchdog",
    "R24": "gap_proof",
    "exactly-once": "exactly_once",
}


def main() -> int:
    """Run what is asked for; 0 only if everything held."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # every context ends, and with it what was started
    options = _parse_options()
    if options.names == ["list"]:
        for name in MODULES:
            print(about(_drill(name)))
        return 0
    names = list(MODULES) if options.names == ["all"] else options.names
    passed = [perform(_drill(name), full=options.full, seed=options.seed) for name in names]
    return 0 if all(passed) else 1


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hydrofleet drill", description="Break something, and see what holds.")
    choices = [*MODULES, "all", "list"]
    parser.add_argument("names", nargs="+", metavar="NAME", choices=choices, help=", ".join(choices))
    parser.add_argument("--full", action="store_true", help="the documented size, instead of the short one")
    parser.add_argument("--seed", type=int, help="the same seed does the same; a report names the seed it ran with")
    return parser.parse_args()


def _drill(name: str) -> Drill:
    return cast(Drill, importlib.import_module(f"tests.drills.{MODULES[name]}"))


if __name__ == "__main__":
    sys.exit(main())
