"""``hydrofleet export``: readings of any set of devices over any span, into a file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy import Engine

from app.cli.options import data_option, say
from app.components.conductivity import ConductivityUnit
from app.database import open_database
from app.exports import Asker, ExportRequest, Exports, ExportStream, Packing, Selection
from app.exports.request import DETAILS, DIALECTS, OF_THE_SITE, QUANTITIES
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from app.settings import load_settings
from models.names import expand_names
from models.read.export_kinds import Resolution

_ALL_HOURS = 10_000_000


def _moment(_: click.Context, __: click.Parameter, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is no time; write it like 2026-11-01T00:00+07:00") from None
    if moment.tzinfo is None:
        raise click.BadParameter(f"{given!r} has no offset; write it like 2026-11-01T00:00+07:00")
    return moment.astimezone(UTC)


def _words(allowed: tuple[str, ...]) -> Any:
    def parse(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
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
@click.option("--start", required=True, callback=_moment, metavar="TIME", help="The first moment, with its offset.")
@click.option("--end", callback=_moment, metavar="TIME", help="The moment after the last.  [default: now]")
@click.option("--resolution", type=click.Choice([one.value for one in Resolution]), default="raw", show_default=True)
@click.option("--fields", callback=_words(QUANTITIES), default=",".join(QUANTITIES), show_default=True)
@click.option("--unit", type=click.Choice([one.value for one in ConductivityUnit]), default="us-cm", show_default=True)
@click.option("--details", callback=_words(DETAILS), default=",".join(DETAILS), show_default=True, help="Or none.")
@click.option("--usable", "usable_only", is_flag=True, help="Leave out what is flagged suspect or failed.")
@click.option("--measured", is_flag=True, help="Values as first derived, before calibrations were corrected.")
@click.option("--tz", "time_zone", default=OF_THE_SITE, show_default=True, help="Zone of local times.")
@click.option(
    "--dialect", type=click.Choice(DIALECTS), default="plain", show_default=True, help="How cells are written."
)
@click.option("--preamble", is_flag=True, help="Begin with lines '# name: value' that say what was asked for.")
@data_option
def command(path: Path, data_dir: Path | None, **given: Any) -> None:
    """Write readings to FILE, packed if its name ends in .gz; '-' is standard output.

    FILE appears when it is complete, with FILE.json beside it: what was asked for, the number of lines, and the digest.
    """
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        request = _request(path, **given)
        with _opened(engine, request) as stream, _file(path) as file:
            for block in stream:
                file.write(block)
        sidecar = {
            "file": path.name,
            "export": stream.id,
            "rows": stream.rows,
            "sha256": stream.sha256,
            **request.said(),
        }
    if path.name != "-":
        path.with_name(path.name + ".json").write_text(json.dumps(sidecar, indent=2) + "\n", encoding="utf-8")
    say(f"{stream.rows} lines, SHA-256 {stream.sha256}")


def _request(path: Path, *, devices: str | None, site: str | None, crop: str | None, **given: Any) -> ExportRequest:
    given["end"] = given["end"] or datetime.now(UTC)
    given["resolution"] = Resolution(given["resolution"])
    given["unit"] = ConductivityUnit(given["unit"])
    given["details"] = frozenset(given["details"])
    packing = Packing.GZIP if path.suffix == ".gz" else Packing.CSV
    names = None if devices is None else expand_names(devices)
    return ExportRequest(Selection(names, site, crop), packing=packing, **given)


def _opened(engine: Engine, request: ExportRequest) -> ExportStream:
    def refresh(device_ids: list[int]) -> None:
        refresh_dirty_hours(engine, now=datetime.now(UTC), device_ids=device_ids, limit=_ALL_HOURS)

    by = Asker(COMMAND_LINE.name, None, lambda _: True)
    return Exports(engine, lambda: datetime.now(UTC)).open(request, by, refresh_hours=refresh)


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    """Write beside the file and put it in its place at the end: half an export never looks like a whole one."""
    if path.name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
