"""``hydrofleet exports``: exports that the server makes again and again, and what became of exports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.components.conductivity import ConductivityUnit
from app.database import open_database
from app.exports import ExportRequest, Layout, Packing, Selection
from app.exports.request import DIALECTS, OF_THE_SITE, QUANTITIES
from app.exports.schedules import EVERY, due_at, schedule, unschedule
from app.principal import COMMAND_LINE
from app.settings import load_settings
from models.db import session_scope
from models.names import expand_names
from models.read.export_kinds import Resolution
from models.read.export_schedules import list_schedules
from models.read.exports import list_exports

_SHOWN = 30


@click.group()
def command() -> None:
    """Export again and again; the server writes a file of every day or week, and those that it missed."""


@command.command("schedule")
@click.argument("name")
@click.option("--every", type=click.Choice(list(EVERY)), default="day", show_default=True)
@click.option(
    "--hour", type=click.IntRange(0, 23), default=2, show_default=True, help="Of the clock, after it is over."
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where the files go.")
@click.option(
    "--format", "packing", type=click.Choice([one.value for one in Packing]), default="csv.gz", show_default=True
)
@click.option("--devices", metavar="NAMES", help="Only these, such as pi-1,pi-4..pi-9.  [default: all]")
@click.option("--site", help="Only devices of this site.")
@click.option("--crop", help="Only devices with this crop, by its key.")
@click.option("--resolution", type=click.Choice([one.value for one in Resolution]), default="raw", show_default=True)
@click.option("--unit", type=click.Choice([one.value for one in ConductivityUnit]), default="us-cm", show_default=True)
@click.option("--layout", type=click.Choice([one.value for one in Layout]), default="long", show_default=True)
@click.option("--dialect", type=click.Choice(DIALECTS), default="plain", show_default=True)
@click.option("--usable", is_flag=True, help="Leave out what is flagged suspect or failed.")
@click.option("--measured", is_flag=True, help="Values as first derived, before calibrations were corrected.")
@data_option
def schedule_(
    name: str, every: str, hour: int, folder: Path, packing: str, devices: str | None, site: str | None,
    crop: str | None, resolution: str, unit: str, layout: str, dialect: str, usable: bool, measured: bool,
    data_dir: Path | None,
) -> None:  # fmt: skip
    """Write NAME_DAY.FORMAT into the folder, every day or week, from today on."""
    settings, now = load_settings(data_dir=data_dir), datetime.now(UTC)
    request = ExportRequest(
        Selection(expand_names(devices) if devices else None, site, crop),
        now - timedelta(days=1),
        now,
        resolution=Resolution(resolution),
        fields=QUANTITIES,
        unit=ConductivityUnit(unit),
        details=None,
        measured=measured,
        usable_only=usable,
        time_zone=OF_THE_SITE,
        layout=Layout(layout),
        dialect=dialect,
        packing=Packing(packing),
    )
    zone = settings.time_zone
    with open_database(settings, say) as engine:
        first = schedule(
            engine, name, request, every=every, hour=hour, time_zone=zone, folder=folder.absolute(),
            by=COMMAND_LINE.name, now=now,
        )  # fmt: skip
    click.echo(f"the first file of {name} is due on {first.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})")


@command.command("unschedule")
@click.argument("name")
@data_option
def unschedule_(name: str, data_dir: Path | None) -> None:
    """End the schedule NAME; its files stay."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        unschedule(engine, name, by=COMMAND_LINE.name, now=datetime.now(UTC))
    click.echo(f"the schedule {name} has ended")


@command.command("list")
@data_option
def list_(data_dir: Path | None) -> None:
    """List the schedules with when they are due."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        schedules = list_schedules(session)
    table = Table("name", "every", "format", "folder", "due", "failures")
    for one in schedules:
        due = f"{due_at(one).astimezone(ZoneInfo(one.time_zone)):%Y-%m-%d %H:%M}"
        table.add_row(one.name, one.every, one.query["format"], one.folder, due, str(one.failures))
    Console().print(table)


@command.command()
@data_option
def history(data_dir: Path | None) -> None:
    """List the last exports and what became of them."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        exports = list_exports(session, limit=_SHOWN)
    table = Table("number", "began (UTC)", "who", "state", "rows", "file or error")
    for one, person in exports:
        who = person or one.schedule or str(one.query.get("by", ""))
        began = f"{one.created_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), began, who, one.state, f"{one.rows or 0}", one.error or one.file or "")
    Console().print(table)
