"""``hydrofleet import``: history from a CSV file."""

from pathlib import Path
from typing import Any

import click

from app.cli.options import data_option, say
from app.database import open_database
from app.imports import ImportRequest, import_csv
from app.settings import load_settings


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--device", required=True, help="Name of the device; it is registered when there is none.")
@click.option("--time", "time_column", required=True, metavar="COL", help="Column of the time.")
@click.option("--time-format", metavar="F", help="strptime format, where the file's is not recognised.")
@click.option(
    "--tz",
    "time_zone",
    required=True,
    metavar="ZONE",
    help="Zone of times without an offset: UTC, Asia/Jakarta, -07:00.",
)
@click.option("--ph", "ph_column", metavar="COL", help="Column of pH.")
@click.option("--ec", "ec_column", metavar="COL", help="Column of EC at 25 °C.")
@click.option("--ec-unit", type=click.Choice(["uS/cm", "mS/cm"]), default="uS/cm", show_default=True)
@click.option("--tds", "tds_column", metavar="COL", help="Column of TDS in ppm, instead of EC.")
@click.option("--tds-scale", type=click.Choice(["500", "640", "700"]), default="500", show_default=True)
@click.option("--water", "water_column", metavar="COL", help="Column of the water temperature in °C.")
@click.option(
    "--null",
    "null_texts",
    multiple=True,
    metavar="TEXT",
    help="Text that means missing, besides the usual ones. May be repeated.",
)
@click.option(
    "--medium",
    type=click.Choice(["nutrient", "natural"]),
    default="natural",
    show_default=True,
    help="What the probes stood in: chooses the limits of the quality tests.",
)
@click.option("--site", help="Site of a newly registered device.")
@click.option("--dry-run", is_flag=True, help="Check every line and report, but store nothing.")
@data_option
def command(data_dir: Path | None, tds_scale: str, **given: Any) -> None:
    """Load FILE as the history of a device.

    Every line takes the way of a posted reading: oddities become flags, lines that cannot be read are reported with
    their number and reason. Loading the same file twice changes nothing.
    """
    request = ImportRequest(tds_scale=int(tds_scale), **given)
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        report = import_csv(engine, request, say)
    click.echo(str(report))
    if report.rejected_all:
        raise click.exceptions.Exit(1)
