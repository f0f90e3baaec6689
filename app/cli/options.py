"""Options that several commands share."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add ``--data DIR``: which embedded database to work on."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the embedded database (HYDROFLEET_DATA_DIR). Unused with HYDROFLEET_DATABASE_URL.",
    )(command)


def say(message: str) -> None:
    """Tell the person at the keyboard what is going on; results alone go to standard output."""
    click.echo(message, err=True)


def parse_moment(_: click.Context, __: click.Parameter, given: str | None) -> datetime | None:
    """Read a time with an offset, for ``callback=``."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is no time; write it like 2026-11-01T00:00+07:00") from None
    if moment.tzinfo is None:
        raise click.BadParameter(f"{given!r} has no offset; write it like 2026-11-01T00:00+07:00")
    return moment.astimezone(UTC)
