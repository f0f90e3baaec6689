"""``hydrofleet users``: who may log in."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.database import open_database
from app.passwords import hash_password
from app.settings import load_settings
from models.db import session_scope
from models.read.people import list_users
from models.write.people import create_user, disable_user, set_password

ROLES = click.Choice(["viewer", "agronomist", "admin"])


@click.group()
def command() -> None:
    """Add and list people, set passwords."""


@command.command("list")
@data_option
def list_(data_dir: Path | None) -> None:
    """List everybody who may log in."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        users = list_users(session)
    table = Table("name", "role", "state")
    for user in users:
        table.add_row(user.name, user.role, "disabled" if user.disabled_at else "active")
    Console().print(table)


@command.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@data_option
def add(name: str, role: str, data_dir: Path | None) -> None:
    """Add a person; asks for the password, at least 12 characters."""
    hashed = hash_password(_ask_password())
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        create_user(session, name, role, hashed)
    click.echo(f"{name} may log in as {role}")


@command.command()
@click.argument("name")
@data_option
def password(name: str, data_dir: Path | None) -> None:
    """Set a new password; whoever is logged in under it is logged out."""
    hashed = hash_password(_ask_password())
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        set_password(session, name, hashed)
    click.echo(f"{name} has a new password; open sessions ended")


@command.command()
@click.argument("name")
@data_option
def disable(name: str, data_dir: Path | None) -> None:
    """Keep a person out from now on; what they did stays recorded."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        disable_user(session, name, now=datetime.now(UTC))
    click.echo(f"{name} can no longer log in")


def _ask_password() -> str:
    """Ask twice at a terminal; read one line where input is piped in."""
    stdin = sys.stdin
    if not stdin.isatty():
        return stdin.readline().rstrip("\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given
