"""``hydrofleet notebook``: JupyterLab on the notebooks, with the fleet at hand."""

import os
import webbrowser
from pathlib import Path
from typing import Any

import click

import app
from app.cli.options import data_option, say
from models.errors import HydrofleetError
from models.surroundings import choose_data_dir

_NOTEBOOKS = Path(app.__file__).parent.parent / "notebooks"


@click.command()
@click.option(
    "--port", default=8888, show_default=True, type=click.IntRange(1, 65535), help="Port, on this machine only."
)
@data_option
def command(data_dir: Path | None, port: int) -> None:
    """Open the notebooks in JupyterLab.

    They read the database of this machine, as a role that can only read; without --data that of the server, or of the
    demo where there is no server. Jupyter prints the address, with a token, and opens a browser where there is one.
    """
    lab = _lab()
    where = choose_data_dir(data_dir)
    if where is None:
        say("There is no database here yet: run the demo, or open a server with models.connect(url, token=...).")
    lab.launch_instance(argv=_arguments(port))


def _lab() -> Any:
    """Give JupyterLab, which is installed apart."""
    if not _NOTEBOOKS.is_dir():
        raise HydrofleetError(
            f"there are no notebooks at {_NOTEBOOKS}; they are part of the source, not of the package"
        )
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise HydrofleetError("JupyterLab is not installed; ./hydrofleet notebook does it") from error
    return LabApp


def _arguments(port: int) -> list[str]:
    asks_nobody = "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    arguments = [f"--notebook-dir={_NOTEBOOKS}", "--ip=127.0.0.1", f"--port={port}", asks_nobody]
    if os.geteuid() == 0:
        arguments.append("--allow-root")
    return arguments if _has_browser() else [*arguments, "--no-browser"]


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
