"""``hydrofleet demo``: everything on this machine, in one command."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.options import say
from app.demo.login import Login
from app.demo.run import DemoOptions, run_demo
from app.settings import load_settings


@click.command()
@click.option("--devices", default=99, show_default=True, type=click.IntRange(1, 999), help="Simulated Pis.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="Days of history.")
@click.option(
    "--every",
    "every_s",
    default=300,
    show_default=True,
    type=click.IntRange(10, 3600),
    help="Seconds between two readings of the history.",
)
@click.option(
    "--interval",
    "interval_s",
    default=10,
    show_default=True,
    type=click.IntRange(1, 3600),
    help="Seconds between two readings of a live Pi.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve on; 0 takes any that is free.  [8050]")
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the demo's database, log and password.",
)
def command(devices: int, days: int, every_s: int, interval_s: int, port: int | None, data_dir: Path | None) -> None:
    """Run a demo fleet with live simulated Pis.

    The first start loads the history; later starts keep what is there and go on. Ctrl-C stops everything.
    """
    settings = load_settings(data_name="demo", data_dir=data_dir, port=port)
    settings = settings.model_copy(update={"log_file": settings.log_file or settings.data_dir / "server.log"})
    with _progress() as bar:
        task = bar.add_task("history", total=None, visible=False)
        run_demo(
            settings,
            DemoOptions(devices, days, every_s, interval_s),
            report=bar.console.print if bar.console.is_terminal else say,
            progress=lambda done, total: bar.update(task, completed=done, total=total, visible=done < total),
            ready=_announce,
        )


def _progress() -> Progress:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _announce(url: str, login: Login) -> None:
    click.echo(f"\n  hydrofleet is ready:  {url}\n  log in as {login.name} with the password  {login.password}\n")
    click.echo("  Ctrl-C stops the server, the simulated Pis and the database.\n")
