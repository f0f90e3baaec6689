"""``hydrofleet score``: how good flags and detected events are, in numbers that anybody can check."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.scoring.events import EventScore, score_events
from app.scoring.flags import FlagScore, Share, score_flags
from app.scoring.station import read_station

#: Reasons that stations give (NERRS codes) and no test of a single log can see.
_FOR_PEOPLE = {
    "CWD": "collected at the wrong depth: plausible water, wrong place",
    "SSD": "sensor drift: shows at the next calibration",
    "CMC": "maintenance: a visit, known only to those who made it",
}


@click.group()
def command() -> None:
    """Measure how good flags and events are."""


@command.command()
@click.option(
    "--station",
    "stations",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A NERRS log with its labels. May be repeated.",
)
@click.option("--tz", "time_zone", default="UTC", show_default=True, help="Zone of times without an offset.")
def flags(stations: tuple[Path, ...], time_zone: str) -> None:
    """Compare our flags 3 and 4 with what a station's people labelled <1> or <-3>.

    The last line is JSON.
    """
    console, totals = Console(), {}
    for path in stations:
        log = read_station(path, time_zone=time_zone)
        scores = score_flags(log)
        totals[log.name] = {score.quantity: score.as_json() for score in scores}
        _print_flags(console, log.name, scores)
    click.echo(
        "Recall cannot reach 1: a station also rejects plausible readings, for what its people know of the visit, the "
        "depth or the next calibration. Precision cannot either: a reading may be odd and yet true."
    )
    click.echo(json.dumps({"score": "flags", "stations": totals}))


@command.command()
@click.option("--tanks", default=20, show_default=True, type=click.IntRange(1, 1000), help="Simulated tanks.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 365), help="Days of each.")
@click.option("--every", "every_s", default=300, show_default=True, type=click.IntRange(10, 3600), help="Seconds.")
def events(tanks: int, days: int, every_s: int) -> None:
    """Compare detected events with what was done to simulated tanks.

    The last line is JSON.
    """
    # A fixed time: the same numbers on every day.
    end = datetime(2026, 11, 1, tzinfo=UTC)
    score = score_events(range(1, tanks + 1), start=end - timedelta(days=days), end=end, every_s=every_s)
    _print_events(Console(), score)
    click.echo(json.dumps({"score": "events", "tanks": tanks, "days": days, "every_s": every_s, **score.as_json()}))


def _print_flags(console: Console, station: str, scores: list[FlagScore]) -> None:
    table = Table("quantity", "readings", "labelled bad", "flagged", "precision", "recall", title=f"{station}: flags")
    for score in scores:
        counts = f"{score.readings:,}", f"{score.recall.count:,}", f"{score.precision.count:,}"
        table.add_row(score.quantity, *counts, _percent(score.precision), _percent(score.recall))
    console.print(table)
    tests = Table("quantity", "test", "flagged", "precision", title=f"{station}: by test")
    reasons = Table("quantity", "their reason", "labelled bad", "recall", "", title=f"{station}: by their reason")
    for score in scores:
        for name, share in score.by_test.items():
            tests.add_row(score.quantity, name, f"{share.count:,}", _percent(share))
        for name, share in score.by_comment.items():
            why = "; ".join(_FOR_PEOPLE[code] for code in name.split() if code in _FOR_PEOPLE)
            reasons.add_row(score.quantity, name, f"{share.count:,}", _percent(share), why)
    console.print(tests)
    console.print(reasons)


def _print_events(console: Console, score: EventScore) -> None:
    title = "what was done, and how much of it was found"
    table = Table("kind", "done", "found", "visible", "found", "of its kind", "median size error", title=title)
    for kind, found in score.kinds.items():
        error = "" if found.size_error is None else f"{found.size_error:.2g} {found.unit}"
        table.add_row(
            kind, str(found.done.count), _percent(found.done), str(found.visible.count), _percent(found.visible),
            _percent(found.right_kind), error,
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{score.precision.count} events detected, {_percent(score.precision)} of them something that was done. "
        "Visible is what changed EC by 25 µS/cm and 3 % or pH by 0.15, the smallest steps that are looked for."
    )


def _percent(share: Share) -> str:
    return "" if share.share is None else f"{100 * share.share:.1f} %"
