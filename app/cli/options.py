"""Options that several commands share."""

from collections.abc import Callable
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
