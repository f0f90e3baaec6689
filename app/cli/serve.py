"""``hydrofleet serve``: the server."""

from pathlib import Path

import click

from app.cli.options import data_option, say
from app.database import open_database
from app.serving import running_jobs, serve, stopping_on_signals
from app.settings import load_settings


@click.command()
@data_option
@click.option("--host", help="Address to listen on (HYDROFLEET_HOST).  [127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (HYDROFLEET_PORT).  [8050]")
def command(data_dir: Path | None, host: str | None, port: int | None) -> None:
    """Run the server until SIGTERM or Ctrl-C."""
    settings = load_settings(data_dir=data_dir, host=host, port=port)
    with stopping_on_signals(), open_database(settings, say) as engine, running_jobs(engine) as jobs:
        serve(settings, engine, lambda url: say(f"hydrofleet serves on {url}"), jobs=jobs)
