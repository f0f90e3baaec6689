"""``hydrofleet keys read``: tokens for notebooks and scripts."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.database import open_database
from app.principal import COMMAND_LINE
from app.read_tokens import ReadTokens
from app.settings import load_settings
from models.names import expand_names
from models.read.read_tokens import ReadTokenRecord

_LIFE = re.compile(r"(?P<count>[1-9][0-9]{0,3})(?P<unit>[hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Life(click.ParamType[timedelta]):
    """How long a credential lives: a number of hours, days or weeks."""

    name = "12h|30d|8w"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read ``30d`` as thirty days."""
        if isinstance(value, timedelta):
            return value
        match = _LIFE.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a time such as 12h, 30d or 8w", param, ctx)
        return int(match["count"]) * _UNITS[match["unit"]]


@click.group()
def read() -> None:
    """Tokens that read: for notebooks and scripts."""


@read.command()
@click.argument("note")
@click.option("--expires", "life", type=Life(), required=True, help="How long it lives; a year at most.")
@click.option("--devices", "names", help="Only these, such as pi-1..pi-9; all, also later ones, without it.")
@data_option
def create(note: str, life: timedelta, names: str | None, data_dir: Path | None) -> None:
    """Make a token; NOTE says what it is for. The token is printed once and never again."""
    devices = None if names is None else expand_names(names)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        tokens = ReadTokens(engine, _now)
        token = tokens.create(note, expires_at=_now() + life, devices=devices, by=COMMAND_LINE)
    say(f"read token {token.id}; keep it, it cannot be shown again:")
    click.echo(token.text)


@read.command("list")
@data_option
def list_(data_dir: Path | None) -> None:
    """List the tokens with what they may read and until when; never their secrets."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        tokens = ReadTokens(engine, _now).list_all(by=COMMAND_LINE)
    table = Table("id", "note", "devices", "made by", "ends", "state")
    for token in tokens:
        devices = "all" if token.devices is None else ", ".join(token.devices)
        ends = token.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        table.add_row(token.id, token.note, devices, token.created_by or "command line", ends, _state(token))
    Console().print(table)


@read.command()
@click.argument("token_id")
@data_option
def revoke(token_id: str, data_dir: Path | None) -> None:
    """End a token at once; TOKEN_ID is the part between hfr_ and the secret."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        ReadTokens(engine, _now).revoke(token_id, by=COMMAND_LINE)
    click.echo(f"{token_id} no longer reads anything")


def _state(token: ReadTokenRecord) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "ended" if token.expires_at <= _now() else "live"


def _now() -> datetime:
    return datetime.now(UTC)
