"""``hydrofleet keys enrollment``: keys with which Pis join by themselves."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.cli.read_keys import Life
from app.credentials import UnsafeCredentialsFile, refuse_work_tree
from app.database import open_database
from app.joining.keys import EnrollmentKeys, KeyWish, join_file
from app.principal import COMMAND_LINE
from app.settings import load_settings


@click.group()
def enrollment() -> None:
    """Keys that an image or a USB stick carries so that Pis can join."""


@enrollment.command()
@click.option("--uses", type=click.IntRange(1, 9999), required=True, help="How many new Pis may join with it.")
@click.option("--expires", "life", type=Life(), default="7d", show_default=True, help="How long; 30 days at most.")
@click.option("--site", help="Where they stand.")
@click.option("--note", help="What it is for.")
@click.option("--listed-only", is_flag=True, help="Only boards whose serial number is registered; others wait.")
@click.option(
    "--auto-approve", is_flag=True, help="A silent Pi may come back with a new card without being asked about."
)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Write the joining file for a card here, too.")
@click.option("--server-url", help="Where the Pis find this server; needed with --file.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The farm's ca.pem.")
@data_option
def create(
    uses: int, life: timedelta, site: str | None, note: str | None, listed_only: bool, auto_approve: bool,
    file: Path | None, server_url: str | None, ca: Path | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Make a key. It is printed once and never again."""
    if file is not None and server_url is None:
        raise click.UsageError("--file needs --server-url, such as https://farm.local")
    wish = KeyWish(uses, life, site, note, auto_approve=auto_approve, listed_only=listed_only)
    ca_pem = None if ca is None else ca.read_text(encoding="ascii")
    if file is not None:
        refuse_work_tree(file)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        token = EnrollmentKeys(engine, _now).create(wish, by=COMMAND_LINE)
    say(f"enrollment key {token.id} lets {uses} Pis join; keep it, it cannot be shown again:")
    click.echo(token.text)
    if file is not None:
        _write_new(file, join_file(str(server_url), token, ca_pem))
        say(f"{file} goes onto the boot partition of the image, or as hydrofleet-enroll.toml onto a USB stick")


@enrollment.command("list")
@data_option
def list_(data_dir: Path | None) -> None:
    """List the keys with their uses; never their secrets."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        keys = EnrollmentKeys(engine, _now).list_all(by=COMMAND_LINE)
    table = Table("id", "state", "joined", "site", "note", "ends", "habits")
    for key in keys:
        habits = [
            word for word, is_so in (("listed only", key.listed_only), ("auto-approve", key.auto_approve)) if is_so
        ]
        ends = key.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        state, joined = str(key.state(_now())), f"{key.uses} of {key.max_uses}"
        table.add_row(key.id, state, joined, key.site or "", key.note or "", ends, ", ".join(habits))
    Console().print(table)


@enrollment.command()
@click.argument("key_id")
@data_option
def revoke(key_id: str, data_dir: Path | None) -> None:
    """End a key at once; KEY_ID is the part between hfe_ and the secret."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        EnrollmentKeys(engine, _now).revoke(key_id, by=COMMAND_LINE)
    click.echo(f"{key_id} lets nobody in any more")


def _write_new(path: Path, text: str) -> None:
    """Write a new file that only its owner may read; its key is on the disk before the command ends."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UnsafeCredentialsFile(
            f"{path}: {error.strerror}; the key above is made, put it into a new file"
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _now() -> datetime:
    return datetime.now(UTC)
