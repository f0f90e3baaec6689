"""``hydrofleet users``: who may log in."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.database import open_database
from app.people.desk import People
from app.people.invitations import Invitation
from app.principal import COMMAND_LINE, Role
from app.settings import load_settings

ROLES = click.Choice([str(role) for role in Role])


@click.group()
def command() -> None:
    """Invite, list and change people, set passwords."""


@command.command("list")
@data_option
def list_(data_dir: Path | None) -> None:
    """List everybody who may log in."""
    with _people(data_dir) as people:
        everybody = people.everybody(by=COMMAND_LINE)
    table = Table("name", "role", "state", "open sessions")
    for person in everybody:
        state = "disabled" if person.disabled_at else "active" if person.has_password else "invited"
        table.add_row(person.name, person.role, state, str(person.sessions))
    Console().print(table)


@command.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@data_option
def add(name: str, role: str, data_dir: Path | None) -> None:
    """Add a person; asks for the password, at least 12 characters."""
    password = _ask_password()
    with _people(data_dir) as people:
        people.add(name, Role(role), password, by=COMMAND_LINE)
    click.echo(f"{name} may log in as {role}")


@command.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@data_option
def invite(name: str, role: str, data_dir: Path | None) -> None:
    """Add a person who sets the password with a link that works once."""
    with _people(data_dir) as people:
        invitation = people.invite(name, Role(role), by=COMMAND_LINE)
    _show(invitation)


@command.command()
@click.argument("name")
@data_option
def link(name: str, data_dir: Path | None) -> None:
    """Make a new link with which a person sets a new password; older ones end."""
    with _people(data_dir) as people:
        invitation = people.renew_link(name, by=COMMAND_LINE)
    _show(invitation)


@command.command("password")
@click.argument("name")
@data_option
def password_(name: str, data_dir: Path | None) -> None:
    """Set a new password; whoever is logged in under it is logged out."""
    password = _ask_password()
    with _people(data_dir) as people:
        people.reset_password(name, password, by=COMMAND_LINE)
    click.echo(f"{name} has a new password; open sessions ended")


@command.command()
@click.argument("name")
@click.argument("role", type=ROLES)
@data_option
def role(name: str, role: str, data_dir: Path | None) -> None:
    """Change what a person may do; open sessions end."""
    with _people(data_dir) as people:
        people.change_role(name, Role(role), by=COMMAND_LINE)
    click.echo(f"{name} is {role} now; open sessions ended")


@command.command()
@click.argument("name")
@data_option
def disable(name: str, data_dir: Path | None) -> None:
    """Keep a person out from now on; what they did stays recorded."""
    with _people(data_dir) as people:
        people.disable(name, by=COMMAND_LINE)
    click.echo(f"{name} can no longer log in")


@command.command()
@click.argument("name")
@data_option
def enable(name: str, data_dir: Path | None) -> None:
    """Let a disabled person in again."""
    with _people(data_dir) as people:
        people.enable(name, by=COMMAND_LINE)
    click.echo(f"{name} may log in again")


@command.command("sign-out")
@click.argument("name")
@data_option
def sign_out(name: str, data_dir: Path | None) -> None:
    """Log a person out in every browser."""
    with _people(data_dir) as people:
        people.sign_out(name, by=COMMAND_LINE)
    click.echo(f"{name} is logged out everywhere")


@contextmanager
def _people(data_dir: Path | None) -> Iterator[People]:
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        yield People(engine, lambda: datetime.now(UTC))


def _show(invitation: Invitation) -> None:
    """Print the link to standard output, and what to do with it beside it."""
    say(f"works once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC; send it to {invitation.name} and nobody else.")
    say("Put the address of your server before it, such as https://farm.example:")
    click.echo(invitation.path)


def _ask_password() -> str:
    """Ask twice at a terminal; read one line where input is piped in."""
    stdin = sys.stdin
    if not stdin.isatty():
        return stdin.readline().rstrip("\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given
