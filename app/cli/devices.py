"""``hydrofleet devices``: which Pis there are, and what they prove themselves with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.credentials import write_credentials
from app.database import open_database
from app.settings import load_settings
from models.db import session_scope
from models.read.fleet import fleet_frame
from models.write.devices import expand_names, issue_token, register_devices, retire_device


@click.group()
def command() -> None:
    """Add, list and retire devices, make their tokens.

    DEVICES are names, ranges, or both: pi-7, pi-1..pi-99, pi-1,pi-5..pi-9.
    """


@command.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_(data_dir: Path | None, as_json: bool) -> None:
    """List every device with its newest reading."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        fleet = fleet_frame(session, now=datetime.now(UTC))
    columns = ["name", "site", "zone", "crop", "status", "last_seen_at", "ts", "ph", "ec_us_cm", "water_c"]
    if as_json:
        rows = json.loads(fleet[columns].to_json(orient="records", date_format="iso"))
        click.echo(json.dumps(rows, indent=1))
        return
    table = Table("name", "site", "zone", "crop", "status", "last seen", "newest reading", "pH", "EC µS/cm", "°C")
    for row in fleet[columns].astype(object).where(fleet[columns].notna(), "").itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    Console().print(table)


@command.command()
@click.argument("devices")
@data_option
@click.option("--site", help="Where they stand.")
@click.option("--zone", help="Where in the site.")
@click.option("--interval", "interval_s", default=60, show_default=True, help="Seconds between readings.")
@click.option("--medium", type=click.Choice(["nutrient", "natural"]), default="nutrient", show_default=True)
def add(devices: str, data_dir: Path | None, site: str | None, zone: str | None, interval_s: int, medium: str) -> None:
    """Register DEVICES; names that exist already stay as they are."""
    names = expand_names(devices)
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        records = register_devices(
            session,
            names,
            site=site,
            zone=zone,
            medium=medium,
            interval_s=interval_s,
            now=datetime.now(UTC),
        )
    click.echo(f"{len(records)} devices are registered: {records[0].name} … {records[-1].name}")


@command.command()
@click.argument("devices")
@data_option
@click.option(
    "--credentials",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="New CSV file for the tokens (mode 0600; it must not exist, nor lie in a git work tree).",
)
def token(devices: str, data_dir: Path | None, credentials: Path) -> None:
    """Make a token for each of DEVICES and write them to a file. The server keeps only a hash."""
    names = expand_names(devices)
    with (
        open_database(load_settings(data_dir=data_dir), say) as engine,
        session_scope(engine) as session,
        write_credentials(credentials) as rows,
    ):
        for name in names:
            rows.writerow([name, issue_token(session, name, now=datetime.now(UTC))])
    click.echo(f"{len(names)} tokens written to {credentials}")


@command.command()
@click.argument("devices")
@data_option
def retire(devices: str, data_dir: Path | None) -> None:
    """Take DEVICES out of service: tokens end at once, history stays, names stay reserved."""
    names = expand_names(devices)
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        for name in names:
            retire_device(session, name, now=datetime.now(UTC))
    click.echo(f"{len(names)} devices are retired")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
