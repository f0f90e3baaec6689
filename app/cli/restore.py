"""``hydrofleet restore``: start again from an export of everything."""

from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.options import data_option, say
from app.database import open_database
from app.imports.restore import restore
from app.settings import load_settings


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def command(path: Path, data_dir: Path | None) -> None:
    """Put back what an export of everything holds.

    FILE is what "export FILE --details flags,tests,sent --records" wrote (.csv, .csv.gz or .parquet), with
    FILE.calibrations.csv and FILE.events.csv beside it. Readings are derived and judged anew. Repeating it changes
    nothing.
    """
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        done = restore(engine, path, say, clock=lambda: datetime.now(UTC))
    click.echo(str(done))
