"""``hydrofleet drill``: break something, and see what holds. Drills live beside the tests, in the repository only."""

import subprocess
import sys
from pathlib import Path

import click

from models.errors import HydrofleetError

ROOT = Path(__file__).parents[2]


class NoDrills(HydrofleetError):
    """The drills are not installed."""


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME... | all | list")
@click.option("--full", is_flag=True, help="The documented size; the short one takes a few minutes for all.")
@click.option("--seed", type=int, help="The same seed does the same; a report names the seed it ran with.")
def command(names: tuple[str, ...], full: bool, seed: int | None) -> None:
    """Break a server, a database or a line on purpose, on a farm made for it, and count what was lost.

    Each drill ends with one line of JSON; the exit status is 0 only if everything held. `list` names them.
    """
    if not (ROOT / "tests" / "drills").exists():
        raise NoDrills(f"drills are part of the repository, not of the installed package; none in {ROOT}")
    switches = ["--full"] * full + (["--seed", str(seed)] if seed is not None else [])
    drilling = [sys.executable, "-m", "tests.drills", *names, *switches]
    sys.exit(subprocess.run(drilling, cwd=ROOT, check=False).returncode)
