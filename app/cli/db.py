"""``hydrofleet db``: the database itself."""

from pathlib import Path

import click

from app.cli.options import data_option, say
from app.database import open_database
from app.settings import load_settings
from models.embedded import EmbeddedPostgres
from models.migrate import differences, revision_state


@click.group()
def command() -> None:
    """Migrate and check the database."""


@command.command()
@data_option
def upgrade(data_dir: Path | None) -> None:
    """Bring the tables up to date. Every other command does this by itself when it starts."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        current, _ = revision_state(engine)
    click.echo(f"the database is at revision {current}")


@command.command()
@data_option
def check(data_dir: Path | None) -> None:
    """Compare the tables with the models; exit status 1 names every difference."""
    with open_database(load_settings(data_dir=data_dir), say) as engine:
        found = differences(engine)
        current, _ = revision_state(engine)
    for difference in found:
        click.echo(f"differs: {difference}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"revision {current}: tables and models agree")


@command.command()
@data_option
def url(data_dir: Path | None) -> None:
    """Print the URL of the database, for psql and notebooks. It may hold a password."""
    settings = load_settings(data_dir=data_dir)
    if settings.database_url:
        click.echo(settings.database_url)
        return
    server = EmbeddedPostgres.start(settings.data_dir / "postgresql", say)
    try:
        click.echo(server.url)
        say("This address works while `serve`, `demo` or another command keeps the embedded server running.")
    finally:
        server.stop()
