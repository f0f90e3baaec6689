"""The list of commands. A command's module is imported when it is called, so that help is instant."""

import importlib
import sys

import click

from models.errors import HydrofleetError

#: Command name -> (module, what it is for). The script ``hydrofleet`` prints the same list.
COMMANDS = {
    "demo": ("app.cli.demo", "Run a demo fleet with live simulated Pis on http://127.0.0.1:8050"),
    "serve": ("app.cli.serve", "Run the server"),
    "import": ("app.cli.imports", "Load a CSV log as the history of a device"),
    "export": ("app.cli.exports", "Write readings to a file: CSV, Parquet or Excel"),
    "exports": ("app.cli.export_schedules", "Export again and again: make, list and end schedules"),
    "restore": ("app.cli.restore", "Start again from an export of everything"),
    "devices": ("app.cli.devices", "Add, list and retire devices, make their tokens"),
    "targets": ("app.cli.targets", "List and change target bands and plantings"),
    "keys": ("app.cli.keys", "Make, list and revoke credentials of programs and of Pis that join"),
    "tls": ("app.cli.tls", "Make and renew the farm's own certificates"),
    "users": ("app.cli.users", "Invite, list and change people, set passwords"),
    "notebook": ("app.cli.notebook", "Open the notebooks in JupyterLab"),
    "score": ("app.cli.score", "Measure how good flags and detected events are"),
    "bench": ("app.cli.bench", "Measure what this machine can do"),
    "drill": ("app.cli.drill", "Break something on purpose, and see what holds"),
    "db": ("app.cli.db", "Migrate and check the database"),
}


class LazyGroup(click.Group):
    """A group that imports a command only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give the command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(cls=LazyGroup, no_args_is_help=True)
def cli() -> None:
    """hydrofleet: water-quality analytics that growers run themselves."""


def main() -> None:
    """Run the command line; expected failures end with one sentence and status 1."""
    try:
        cli.main(prog_name="hydrofleet", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except HydrofleetError as error:
        click.echo(f"hydrofleet: {error}", err=True)
        sys.exit(1)
