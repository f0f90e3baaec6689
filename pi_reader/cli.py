"""The command ``hydrofleet-pi``: run the agent, look at it, or simulate a greenhouse."""

import argparse
import logging
import os
import re
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pi_reader import __version__
from pi_reader.cli_joining import add_joining_commands
from pi_reader.cli_pi import add_pi_commands, stop_on_signals
from pi_reader.identity import TokenError
from pi_reader.lock import AlreadyRunning
from pi_reader.log import start_log
from pi_reader.timeline import unix_ms
from pi_reader.toml_table import ConfigError

log = logging.getLogger(__name__)

# What sysexits.h calls EX_CONFIG: a restart will not help, so the systemd unit does not try.
EXIT_CONFIG = 78
EXIT_BUSY = 75  # EX_TEMPFAIL: another agent is at work
EXIT_FORBIDDEN = 77  # EX_NOPERM: the files are the agent's own


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the process' exit code."""
    arguments = _parser().parse_args(argv)
    start_log(verbose=arguments.verbose)
    # httpx logs every request at INFO: on a Pi that is a line every ten seconds for ever.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        return int(arguments.command(arguments) or 0)
    except (ConfigError, TokenError) as error:
        print(f"hydrofleet-pi: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except AlreadyRunning as error:
        print(f"hydrofleet-pi: {error}", file=sys.stderr)
        return EXIT_BUSY
    except PermissionError as error:
        print(f"hydrofleet-pi: {error.filename}: {error.strerror}; use sudo", file=sys.stderr)
        return EXIT_FORBIDDEN
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hydrofleet-pi", description="Read water probes and deliver the readings.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_pi_commands(commands)
    add_joining_commands(commands)
    fleet = commands.add_parser("fleet", help="run many simulated Pis")
    fleet.add_argument("--config", type=Path, required=True, metavar="FILE")
    fleet.add_argument("--journal", type=Path, metavar="FILE", help="append a JSON line per reading created")
    fleet.add_argument(
        "--until-stdin-closes", action="store_true", help="stop, too, when whoever holds standard input open has gone"
    )
    fleet.set_defaults(command=_fleet)
    history = commands.add_parser("history", help="write simulated history to standard output")
    history.add_argument("--every", type=float, default=300.0, metavar="SECONDS")
    history.set_defaults(command=_history)
    events = commands.add_parser("events", help="write what was done to simulated tanks, a JSON line each")
    events.set_defaults(command=_events)
    for sub in (history, events):
        sub.add_argument("--seeds", type=_seeds, required=True, metavar="1..99", help="a range, or numbers with commas")
        sub.add_argument("--start", type=_moment_ms, required=True, metavar="ISO", help="first time, with offset")
        sub.add_argument("--end", type=_moment_ms, required=True, metavar="ISO", help="end, not included")
    return parser


def _fleet(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_fleet_config
    from pi_reader.fleet import run_fleet

    stop = stop_on_signals()
    if arguments.until_stdin_closes:
        threading.Thread(target=_set_at_end_of_input, args=(stop,), daemon=True).start()
    run_fleet(load_fleet_config(arguments.config), stop, journal=arguments.journal)
    return 0


def _history(arguments: argparse.Namespace) -> int:
    from pi_reader.simulated.history import write_history

    if arguments.end <= arguments.start or arguments.every < 0.001:
        raise ConfigError("nothing to write: --end must be after --start, and --every at least 0.001 s")
    records = write_history(
        sys.stdout.buffer,
        arguments.seeds,
        start_ms=arguments.start,
        end_ms=arguments.end,
        every_ms=round(arguments.every * 1000),
    )
    log.info("%d records of %d tanks", records, len(arguments.seeds))
    return 0


def _events(arguments: argparse.Namespace) -> int:
    from pi_reader.simulated.interventions import write_interventions

    if arguments.end <= arguments.start:
        raise ConfigError("nothing to write: --end must be after --start")
    write_interventions(sys.stdout, arguments.seeds, start_ms=arguments.start, end_ms=arguments.end)
    return 0


def _set_at_end_of_input(stop: threading.Event) -> None:
    """Wait for the end of standard input: the kernel closes it even when the parent was killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


def _seeds(text: str) -> Sequence[int]:
    """Parse ``1..99`` or ``3,7,11``."""
    if match := re.fullmatch(r"(\d+)\.\.(\d+)", text):
        seeds: Sequence[int] = range(int(match[1]), int(match[2]) + 1)
    elif re.fullmatch(r"\d+(,\d+)*", text):
        seeds = [int(part) for part in text.split(",")]
    else:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a range like 1..99 nor a list like 3,7,11")
    if not seeds or min(seeds) < 1 or max(seeds) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} holds no seeds; they count from 1")
    return seeds


def _moment_ms(text: str) -> int:
    try:
        return unix_ms(text)
    except ValueError:
        example = datetime(2026, 11, 1).date().isoformat()
        raise argparse.ArgumentTypeError(f"{text!r} is not a time with an offset, like {example}T00:00:00Z") from None
