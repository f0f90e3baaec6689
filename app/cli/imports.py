"""``hydrofleet import``: history from a CSV file or a workbook."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.cli.options import data_option, parse_moment, say
from app.database import open_database
from app.imports import ImportRequest, Mode, Proposal, import_file, propose
from app.imports.request import EC_UNITS
from app.settings import load_settings

_VALUES = ("ph_column", "ec_column", "tds_column", "water_column")
#: Field of the request -> its option.
_OPTIONS = {
    "device": "--device",
    "device_column": "--device-column",
    "time_column": "--time",
    "date_column": "--date",
    "time_format": "--time-format",
    "time_zone": "--tz",
    "ph_column": "--ph",
    "ec_column": "--ec",
    "ec_unit": "--ec-unit",
    "tds_column": "--tds",
    "tds_scale": "--tds-scale",
    "water_column": "--water",
    "sheet": "--sheet",
    "delimiter": "--delimiter",
}
_SPAN = {"span_start": "--from", "span_end": "--to"}


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--device", help="Whose log it is; the device is registered when there is none.")
@click.option("--device-column", metavar="COL", help="Column that names the device of each line, instead.")
@click.option("--time", "time_column", metavar="COL", help="Column of the time.")
@click.option("--date", "date_column", metavar="COL", help="Column of the date, where the time has its own.")
@click.option("--time-format", metavar="F", help="strptime format, where the file's is not recognised.")
@click.option("--tz", "time_zone", metavar="ZONE", help="Zone of times without an offset: UTC, Asia/Jakarta, -07:00.")
@click.option("--ph", "ph_column", metavar="COL", help="Column of pH.")
@click.option("--ec", "ec_column", metavar="COL", help="Column of EC at 25 °C.")
@click.option("--ec-unit", type=click.Choice(list(EC_UNITS)), help="Unit of the EC column.")
@click.option("--tds", "tds_column", metavar="COL", help="Column of TDS in ppm, instead of EC.")
@click.option("--tds-scale", type=click.Choice(["500", "640", "700"]), help="Scale of the TDS column.")
@click.option("--water", "water_column", metavar="COL", help="Column of the water temperature in °C.")
@click.option("--sheet", help="Sheet of a workbook.  [default: the one with the widest table]")
@click.option("--delimiter", help="What separates the columns of a CSV file.  [default: found]")
@click.option(
    "--null",
    "null_texts",
    multiple=True,
    metavar="TEXT",
    help="Text that means missing, besides the usual ones. May be repeated.",
)
@click.option(
    "--mode",
    type=click.Choice([one.value for one in Mode]),
    default=Mode.INSERT.value,
    show_default=True,
    help="insert: where the device has no reading. backfill: into gaps only. replace-span: instead of what it has.",
)
@click.option("--from", "span_start", callback=parse_moment, metavar="TIME", help="With replace-span: where it begins.")
@click.option(
    "--to", "span_end", callback=parse_moment, metavar="TIME", help="With replace-span: the moment after its end."
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
@click.option("--yes", "accepted", is_flag=True, help="Load it as proposed, without a dry run first.")
@click.option("--replace", "may_replace", is_flag=True, help="With replace-span: take out what is there, for good.")
@data_option
def command(data_dir: Path | None, path: Path, accepted: bool, dry_run: bool, may_replace: bool, **given: Any) -> None:
    """Load FILE (CSV, xlsx, xls, ods) as the history of devices.

    Say which columns mean what, or nothing: then columns, units, time format and zone are proposed, with the reasons,
    and tried in a dry run. What cannot be known is asked, not guessed.

    What would be replaced is tried in a dry run, too, unless --replace is said.

    Every line takes the way of a posted reading: oddities become flags, lines that cannot be read are reported with
    their number and reason. Loading the same file twice changes nothing.
    """
    known = _given(given)
    dry_run = dry_run or (known["mode"] is Mode.REPLACE_SPAN and not may_replace)
    if _is_complete(known):
        request = ImportRequest(path=path, dry_run=dry_run, **known)
        whole = known
    else:
        proposal = propose(path, delimiter=known.get("delimiter"), sheet=known.get("sheet"))
        click.echo(_told(proposal, known))
        request = proposal.request(**known, dry_run=dry_run or not accepted)
        whole = proposal.given | known
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        report = import_file(engine, request, say)
    click.echo(str(report))
    if request.dry_run:
        click.echo(f"To load it:\n  {_command(path, whole)}")
    if report.rejected_all:
        raise click.exceptions.Exit(1)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the options that were given."""
    given = {name: value for name, value in options.items() if value is not None}
    if "tds_scale" in given:
        given["tds_scale"] = int(given["tds_scale"])
    return given | {"mode": Mode(given["mode"])}


def _is_complete(given: Mapping[str, Any]) -> bool:
    """Tell whether nothing has to be guessed."""
    whose = "device" in given or "device_column" in given
    return whose and {"time_column", "time_zone"} <= given.keys() and not given.keys().isdisjoint(_VALUES)


def _told(proposal: Proposal, given: Mapping[str, Any]) -> str:
    """Write what is proposed, and why, and how the first lines look."""
    lines = [f"{proposal.path.name}: {len(proposal.columns)} columns: {', '.join(proposal.columns)}"]
    for name, option in _OPTIONS.items():
        if name in given:
            lines.append(f"  {option} {given[name]}  (as said)")
        elif name in proposal.given:
            lines.append(f"  {option} {proposal.given[name]}  ({proposal.reasons[name]})")
        elif name in proposal.reasons:
            lines.append(f"  {option}: {proposal.reasons[name]}")
    return "\n".join([*lines, *("  | " + " | ".join(row) for row in proposal.rows[:3])])


def _command(path: Path, given: Mapping[str, Any]) -> str:
    named = [(option, str(given[name])) for name, option in _OPTIONS.items() if name in given]
    named += [(option, given[name].isoformat()) for name, option in _SPAN.items() if name in given]
    named += [("--mode", str(given["mode"]))] if given["mode"] is not Mode.INSERT else []
    named += [(option, given[name]) for name, option in {"site": "--site"}.items() if name in given]
    named += [("--medium", given["medium"]), *(("--null", text) for text in given.get("null_texts", ()))]
    sure = ["--replace"] if given["mode"] is Mode.REPLACE_SPAN else []
    return shlex.join(["./hydrofleet", "import", str(path), *(part for pair in named for part in pair), *sure])
