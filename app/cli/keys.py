"""``hydrofleet keys``: credentials of machines and programs."""

import click

from app.cli.enrollment_keys import enrollment
from app.cli.read_keys import read


@click.group()
def command() -> None:
    """Make, list and revoke credentials."""


command.add_command(enrollment)
command.add_command(read)
