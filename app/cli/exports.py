"""``hydrofleet export``: readings of any set of devices over any span, into a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.cli.options import data_option, parse_moment, say
from app.components.conductivity import ConductivityUnit
from app.database import open_database
from app.exports import Asker, ExportRequest, Exports, ExportStream, Layout, Packing, Selection
from app.exports.keeping import begun_file, keep
from app.exports.records import Records, records_csv
from app.exports.request import DETAILS, DIALECTS, OF_THE_SITE, QUANTITIES
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from app.settings import load_settings
from models.errors import HydrofleetError
from models.names import expand_names
from models.read.export_kinds import Resolution

_ALL_HOURS = 10_000_000


class NotWritten(HydrofleetError):
    """The file could not be completed."""


def _words(allowed: tuple[str, ...]) -> Any:
    def parse(_: click.Context, __: click.Parameter, given: str | None) -> tuple[str, ...] | None:
        if given is None:
            return None
        wanted = [word for word in given.split(",") if word and word != "none"]
        for word in wanted:
            if word not in allowed:
                raise click.BadParameter(f"{word!r} is not one of {', '.join(allowed)}")
        return tuple(word for word in allowed if word in wanted)

    return parse


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option(
    "--devices", metavar="NAMES", help="Only these, such as pi-1,pi-4..pi-9.  [default: all, retired ones too]"
)
@click.option("--site", help="Only devices of this site.")
@click.option("--crop", help="Only devices with this crop in the span, by its key.")
@click.option(
    "--start", required=True, callback=parse_moment, metavar="TIME", help="The first moment, with its offset."
)
@click.option("--end", callback=parse_moment, metavar="TIME", help="The moment after the last.  [default: now]")
@click.option("--resolution", type=click.Choice([one.value for one in Resolution]), default="raw", show_default=True)
@click.option("--fields", callback=_words(QUANTITIES), default=",".join(QUANTITIES), show_default=True)
@click.option("--unit", type=click.Choice([one.value for one in ConductivityUnit]), default="us-cm", show_default=True)
@click.option(
    "--details",
    callback=_words(DETAILS),
    help=f"Some of {','.join(DETAILS)}, or none.  [default: all there is room for]",
)
@click.option("--usable", "usable_only", is_flag=True, help="Leave out what is flagged suspect or failed.")
@click.option("--measured", is_flag=True, help="Values as first derived, before calibrations were corrected.")
@click.option("--tz", "time_zone", default=OF_THE_SITE, show_default=True, help="Zone of local times.")
@click.option(
    "--dialect", type=click.Choice(DIALECTS), default="plain", show_default=True, help="How cells are written."
)
@click.option("--layout", type=click.Choice([one.value for one in Layout]), default="long", show_default=True)
@click.option("--preamble", is_flag=True, help="Begin with lines '# name: value' that say what was asked for.")
@click.option("--records", is_flag=True, help="Write FILE.calibrations.csv and FILE.events.csv, too.")
@click.option("--resume", is_flag=True, help="Go on where the same export was cut off.")
@data_option
def command(path: Path, data_dir: Path | None, resume: bool, records: bool, **given: Any) -> None:
    """Write readings to FILE as its name ends: .csv, .csv.gz, .parquet or .xlsx; '-' is CSV on standard output.

    FILE appears when it is complete, with FILE.json beside it: what was asked for, the number of rows, and the digest.
    Until then it is called FILE.part; with --resume the same command goes on behind its last whole line.
    """
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        request = _request(path, **given)
        if path.name == "-":
            _print(engine, request)
            return
        request, begun = begun_file(path, request) if resume else (request, None)
        if begun:
            say(f"{begun.rows} rows are there already; going on behind them")
        with _said_in_words(path, request), _opened(engine, request) as stream:
            kept = keep(path, stream, request, begun=begun)
            if records:
                _write_records(engine, path, request)
    say(f"{kept.rows} rows, SHA-256 {kept.sha256}")


@contextmanager
def _said_in_words(path: Path, request: ExportRequest) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritten(
            f"{path} cannot be written: {error.strerror}; nothing of it is left, make room and repeat"
        ) from error
    except (psycopg.Error, DBAPIError) as error:
        hint = "repeat the command with --resume to go on" if request.packing.is_text else "repeat the command"
        raise NotWritten(f"the database went away while {path} was written; {hint}") from error


def _write_records(engine: Engine, path: Path, request: ExportRequest) -> None:
    for kind in Records:
        beside = path.with_name(f"{path.name}.{kind}.csv")
        part = path.with_name(f"{beside.name}.part")
        with part.open("wb") as file:
            file.writelines(records_csv(engine, kind, request, lambda _: True))
        part.replace(beside)


def _print(engine: Engine, request: ExportRequest) -> None:
    with _opened(engine, request) as stream:
        for block in stream:
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
    say(f"{stream.rows} rows, SHA-256 {stream.sha256}")


def _request(path: Path, *, devices: str | None, site: str | None, crop: str | None, **given: Any) -> ExportRequest:
    given["end"] = given["end"] or datetime.now(UTC)
    given["resolution"] = Resolution(given["resolution"])
    given["unit"] = ConductivityUnit(given["unit"])
    given["layout"] = Layout(given["layout"])
    given["details"] = None if given["details"] is None else frozenset(given["details"])
    names = None if devices is None else expand_names(devices)
    return ExportRequest(Selection(names, site, crop), packing=_packing(path), **given)


def _packing(path: Path) -> Packing:
    if path.name == "-":
        return Packing.CSV
    found = next((one for one in Packing if path.name.endswith(f".{one}")), None)
    if found is None:
        raise click.BadParameter(f"the name must end in {', '.join(f'.{one}' for one in Packing)}", param_hint="FILE")
    return found


def _opened(engine: Engine, request: ExportRequest) -> ExportStream:
    def refresh(device_ids: list[int]) -> None:
        refresh_dirty_hours(engine, now=datetime.now(UTC), device_ids=device_ids, limit=_ALL_HOURS)

    by = Asker(COMMAND_LINE.name, None, lambda _: True)
    return Exports(engine, lambda: datetime.now(UTC)).open(request, by, refresh_hours=refresh)
