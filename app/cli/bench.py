"""``hydrofleet bench``: what this machine can do. The measurements live beside the tests, in the repository only."""

import subprocess
import sys
from pathlib import Path

import click

from models.errors import HydrofleetError

ROOT = Path(__file__).parents[2]


class NoBenchmarks(HydrofleetError):
    """The measurements are not installed."""


@click.group()
def command() -> None:
    """Measure this machine; every command starts what it needs and ends with one line of JSON."""


@command.command()
@click.option("--quick", "size", flag_value="quick", help="About a minute.")
@click.option("--full", "size", flag_value="full", help="The documented size.")
def ingest(size: str | None) -> None:
    """Readings going in: single posts, big batches, a backlog of the whole fleet, rollups beside it."""
    _measure("ingest", size)


@command.command()
@click.option("--quick", "size", flag_value="quick", help="About a minute.")
@click.option("--full", "size", flag_value="full", help="The documented size.")
def export(size: str | None) -> None:
    """Readings going out: CSV, plain and packed, and Parquet against psql; the first byte, the server's memory."""
    _measure("export", size)


@command.command("import")
@click.option("--quick", "size", flag_value="quick", help="A tenth of the lines.")
@click.option("--full", "size", flag_value="full", help="The documented size.")
def import_log(size: str | None) -> None:
    """A log of a million lines: proposed, read, judged, stored, summed up."""
    _measure("imports", size)


@command.command()
@click.option("--quick", "size", flag_value="quick", help="About a minute.")
@click.option("--full", "size", flag_value="full", help="The documented size: a year of 99 Pis, 9 GB, half an hour.")
@click.option("--keep", type=click.Path(file_okay=False), help="Keep the farms here, and use those that are there.")
def pages(size: str | None, keep: str | None) -> None:
    """Pages: what every callback takes over weeks of 99 Pis, ten people at once, the first tank on the screen."""
    _measure("pages", size, *(["--keep", str(Path(keep).absolute())] if keep else []))


@command.command()
@click.option("--quick", "size", flag_value="quick", help="Under a minute.")
@click.option("--full", "size", flag_value="full", help="The documented size.")
def rolling(size: str | None) -> None:
    """Calculations over long histories: rolling statistics, quality tests, deriving again."""
    _measure("rolling", size)


def _measure(module: str, size: str | None, *options: str) -> None:
    if not (ROOT / "tests" / "benchmarks").exists():
        raise NoBenchmarks(f"measurements are part of the repository, not of the installed package; none in {ROOT}")
    switches = [f"--{size}"] if size else []
    measuring = [sys.executable, "-m", f"tests.benchmarks.{module}", *switches, *options]
    sys.exit(subprocess.run(measuring, cwd=ROOT, check=False).returncode)
