"""``hydrofleet targets``: which bands tanks should keep to, who says so, and what grows where."""

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from app.cli.options import data_option, say
from app.database import open_database
from app.principal import COMMAND_LINE
from app.settings import load_settings
from app.targets import Band, change_target, plant_crop
from models.db import session_scope
from models.read.devices import list_devices
from models.read.target_versions import plantings_frame, targets_frame
from models.write.devices import expand_names

_QUANTITIES = {"ph": "ph", "ec": "ec_us_cm", "water": "water_c"}
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """List and change target bands and plantings.

    Bands have a history: a new one holds from a day on, and what was measured before is judged as before.
    """


@command.command("list")
@click.option("--crop", help="Only this crop.")
@click.option("--history", is_flag=True, help="Show bands that no longer hold, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@data_option
def list_(crop: str | None, history: bool, as_json: bool, data_dir: Path | None) -> None:
    """List the bands with their sources; EC in µS/cm at 25 °C."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        bands = targets_frame(session, crop=crop)
    shown = bands if history else bands[bands["valid_until"].isna()]
    _show(shown, {"low": "g", "high": "g"}, as_json=as_json)


@command.command("set")
@click.argument("crop")
@click.argument("quantity", type=click.Choice(list(_QUANTITIES)))
@click.argument("low", type=float)
@click.argument("high", type=float)
@click.option("--stage", default="adult", show_default=True)
@click.option("--source", required=True, help="Whose recommendation or experience this is.")
@click.option("--from", "first_day", type=_DAY, help="First day it holds (YYYY-MM-DD); today without it.")
@data_option
def set_(
    crop: str, quantity: str, low: float, high: float, stage: str, source: str, first_day: datetime | None,
    data_dir: Path | None,
) -> None:  # fmt: skip
    """Set the band LOW to HIGH of CROP: ph, ec in µS/cm, or water in °C."""
    settings, now = load_settings(data_dir=data_dir), datetime.now(UTC)
    valid_from = _midnight(first_day, settings.time_zone, now)
    band = Band(crop, stage, _QUANTITIES[quantity], low, high, source)
    with open_database(settings, say) as engine, session_scope(engine) as session:
        touched = change_target(session, band, valid_from=valid_from, by=COMMAND_LINE, now=now)
    click.echo(
        f"{crop} ({stage}) keeps {quantity} between {low:g} and {high:g} from {valid_from:%Y-%m-%d %H:%M} UTC on"
    )
    click.echo(f"bands of {touched} tanks change; the server sums up their hours again")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@data_option
def plantings(as_json: bool, data_dir: Path | None) -> None:
    """List what grows and grew in which tank."""
    with open_database(load_settings(data_dir=data_dir), say) as engine, session_scope(engine) as session:
        frame, devices = plantings_frame(session), list_devices(session)
    order = {device.id: (place, device.name) for place, device in enumerate(devices)}
    frame = frame.sort_values("device_id", key=lambda ids: ids.map(lambda one: order[one][0]), kind="stable")
    names = [order[one][1] for one in frame["device_id"]]
    _show(frame.drop(columns="device_id").assign(device=names), {}, as_json=as_json, first="device")


@command.command()
@click.argument("devices")
@click.argument("crop")
@click.option("--from", "first_day", type=_DAY, help="First day in the tank (YYYY-MM-DD); today without it.")
@click.option("--transplanted", type=_DAY, help="Day 0 of the growth stages; the first day without it.")
@data_option
def plant(
    devices: str, crop: str, first_day: datetime | None, transplanted: datetime | None, data_dir: Path | None
) -> None:
    """Put CROP into the tanks of DEVICES (pi-7, pi-1..pi-99), ending what grew there."""
    settings, now = load_settings(data_dir=data_dir), datetime.now(UTC)
    started_at = _midnight(first_day, settings.time_zone, now)
    day = (transplanted or first_day or now.astimezone(ZoneInfo(settings.time_zone))).date()
    names = expand_names(devices)
    with open_database(settings, say) as engine, session_scope(engine) as session:
        plant_crop(session, names, crop, started_at=started_at, transplanted_on=day, by=COMMAND_LINE, now=now)
    click.echo(f"{len(names)} tanks grow {crop} from {started_at:%Y-%m-%d %H:%M} UTC on, transplanted on {day}")


def _midnight(day: datetime | None, zone: str, now: datetime) -> datetime:
    """Give the beginning of a day on the clock on the wall."""
    local = ZoneInfo(zone)
    return datetime.combine((day or now.astimezone(local)).date(), time(), local).astimezone(UTC)


def _show(frame: pd.DataFrame, formats: dict[str, str], *, as_json: bool, first: str | None = None) -> None:
    frame = frame[[first, *frame.columns.drop(first)]] if first else frame
    if as_json:
        click.echo(json.dumps(json.loads(frame.to_json(orient="records", date_format="iso", date_unit="s")), indent=1))
        return
    table = Table(*(str(name).replace("_", " ") for name in frame.columns))
    for row in frame.to_dict("records"):
        table.add_row(*(_cell(value, formats.get(str(name), "")) for name, value in row.items()))
    Console().print(table)


def _cell(value: Any, form: str) -> str:
    if value is None or value is pd.NaT:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else format(value, form)
