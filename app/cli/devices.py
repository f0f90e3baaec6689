"""``hydrofleet devices``: which Pis there are, and what they prove themselves with."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.credentials import write_credentials
from app.database import open_database
from app.joining.changing import MEDIA, Changing
from app.joining.leaving import Leaving
from app.joining.registration import BatchRefused, Registration, RowFault, parse_rows
from app.joining.waiting import Waiting
from app.principal import COMMAND_LINE
from app.settings import load_settings
from models.db import session_scope
from models.read.fleet import fleet_frame
from models.write.audit import record
from models.write.devices import expand_names, issue_token, register_devices
from models.write.rotation import ask_for_rotation


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
@click.option(
    "--offline-tokens",
    type=click.Path(dir_okay=False, path_type=Path),
    help="New CSV file (0600) with a token each, for Pis that cannot join by themselves; replaced at first contact.",
)
def register(
    devices: str, data_dir: Path | None, site: str | None, zone: str | None, interval_s: int, medium: str,
    offline_tokens: Path | None,
) -> None:  # fmt: skip
    """Register DEVICES; names that exist already stay as they are. Pis that join take these places in order."""
    names = expand_names(devices)
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        now = datetime.now(UTC)
        options = {"site": site, "zone": zone, "medium": medium, "interval_s": interval_s}
        records = register_devices(session, names, **options, now=now)
        details = {"names": names}
        record(session, COMMAND_LINE.name, "register-devices", object_kind="device", details=details, at=now)
        if offline_tokens is not None:
            with write_credentials(offline_tokens) as rows:
                rows.writerows([name, issue_token(session, name, now=now)] for name in names)
            ask_for_rotation(session, [one.id for one in records], now=now)
            say(f"{offline_tokens} holds secrets: put each on its Pi, then delete the file")
    click.echo(f"{len(records)} devices are registered: {records[0].name} … {records[-1].name}")


@command.command()
@click.argument("devices")
@data_option
@click.option("--site", help="Where they stand; '' for no site.")
@click.option("--zone", help="Where in the site; '' for no zone.")
@click.option("--note", help="Anything worth knowing; '' for nothing.")
@click.option("--interval", "interval_s", type=int, help="Seconds between readings; a Pi hears it with its next post.")
@click.option("--tank-volume", "tank_volume_l", type=float, help="Litres in the tank.")
@click.option("--medium", type=click.Choice(MEDIA), help="What the probes stand in; all is judged again.")
def change(devices: str, data_dir: Path | None, **options: str | float | None) -> None:
    """Change what is given of all DEVICES, or of none if one is unknown."""
    given = {name: (None if value == "" else value) for name, value in options.items() if value is not None}
    names = expand_names(devices)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        Changing(engine, _now).change(names, given, by=COMMAND_LINE)
    click.echo(f"{len(names)} devices are changed: {', '.join(given)}")


# The name it had first; people have it in their notes.
command.add_command(register, "add")


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
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def load(file: TextIO, dry_run: bool, data_dir: Path | None) -> None:
    """Register devices from a table: FILE has the columns serial, name, site, zone, crop; all rows or none."""
    rows = parse_rows(file.read())
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        registration = Registration(engine, _now)
        work = registration.preview if dry_run else registration.register
        try:
            preview = work(rows, by=COMMAND_LINE)
        except BatchRefused as error:
            _show_faults(error.faults)
            raise
    _show_faults(preview.faults)
    added = [row.name for row in preview.rows if not row.is_there]
    click.echo(f"{len(added)} devices {'would be' if dry_run else 'are'} added, {len(preview.rows) - len(added)} known")


@command.command()
@data_option
def waiting(data_dir: Path | None) -> None:
    """List the Pis that ask to join and need a person."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        found = Waiting(engine, _now).list_all(by=COMMAND_LINE)
    table = Table("number", "device", "serial number", "from", "asked last", "device seen last", "beware")
    for one in found:
        seen = "never" if one.last_seen_at is None else f"{_cell(one.last_seen_at)} from {one.last_address}"
        beware = f"two Pis claim {one.device}" if one.is_contested else ""
        name = one.device or "new board"
        table.add_row(str(one.id), name, one.serial, one.address, _cell(one.asked_at), seen, beware)
    Console().print(table)


@command.command()
@click.argument("number", type=int)
@data_option
def approve(number: int, data_dir: Path | None) -> None:
    """Let the Pi with NUMBER in (see: waiting). An older card of the same board is dead within a second."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        click.echo(f"{Waiting(engine, _now).approve(number, by=COMMAND_LINE)} is let in")


@command.command()
@click.argument("number", type=int)
@click.option("--block", is_flag=True, help="And never let its board in again.")
@data_option
def reject(number: int, block: bool, data_dir: Path | None) -> None:
    """Turn the Pi with NUMBER away (see: waiting)."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        desk = Waiting(engine, _now)
        (desk.block if block else desk.reject)(number, by=COMMAND_LINE)
    click.echo(f"number {number} is turned away")


@command.command()
@click.argument("device")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Readings from this UTC day on are in doubt.")
@click.option("--reason", help="Such as: stolen.")
@data_option
def block(device: str, since: datetime | None, reason: str | None, data_dir: Path | None) -> None:
    """Shut out DEVICE that was stolen: its token is dead within a second, its board never joins again."""
    untrusted_since = None if since is None else since.replace(tzinfo=UTC)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        blocked = Leaving(engine, _now).block(device, untrusted_since=untrusted_since, reason=reason, by=COMMAND_LINE)
    click.echo(f"{device} is blocked" + (f", and board {blocked.serial} with it" if blocked.serial else ""))
    for key in blocked.keys:
        click.echo(f"key {key.id} is still open for {key.max_uses - key.uses} Pis; if the card held it, revoke it")


@command.command()
@click.argument("device")
@data_option
def unblock(device: str, data_dir: Path | None) -> None:
    """Let DEVICE ask to join again; its old token stays dead."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        Leaving(engine, _now).unblock(device, by=COMMAND_LINE)
    click.echo(f"{device} may ask to join again")


@command.command()
@click.argument("devices")
@data_option
def retire(devices: str, data_dir: Path | None) -> None:
    """Take DEVICES out of service: tokens end at once, history stays, names stay reserved."""
    _leave(data_dir, devices, Leaving.retire, "are retired")


@command.command()
@click.argument("devices")
@data_option
def revoke(devices: str, data_dir: Path | None) -> None:
    """End the tokens of DEVICES at once; they may ask to join again."""
    _leave(data_dir, devices, Leaving.revoke, "have no token any more")


@command.command()
@click.argument("devices")
@data_option
def rotate(devices: str, data_dir: Path | None) -> None:
    """Ask DEVICES to replace their tokens, which they do with their next delivery."""
    _leave(data_dir, devices, Leaving.rotate, "will replace their tokens")


def _leave(data_dir: Path | None, devices: str, do: Callable[..., None], outcome: str) -> None:
    names = expand_names(devices)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        do(Leaving(engine, _now), names, by=COMMAND_LINE)
    click.echo(f"{len(names)} devices {outcome}")


def _show_faults(faults: Sequence[RowFault]) -> None:
    for fault in faults:
        say(f"row {fault.row}, {fault.field}: {fault.detail}")


def _now() -> datetime:
    return datetime.now(UTC)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
