"""Run the server: the open port, the jobs beside it, and a clean end."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any

from sqlalchemy import Engine

from app.jobs.background import BackgroundJob
from app.jobs.exports import ExportJob
from app.jobs.findings import FindingsJob
from app.jobs.partitions import PartitionJob
from app.jobs.rederive import RederiveJob
from app.jobs.rollup_job import RollupJob
from app.listener import listen
from app.server import create_server
from app.settings import Settings
from models.errors import HydrofleetError
from models.watchdog import watching

ROLLUP_INTERVAL_S = 2.0
#: Somebody waits in front of the page for what this job repairs.
REDERIVE_INTERVAL_S = 1.0
PARTITIONS_INTERVAL_S = 3600.0
#: Exports on a schedule are due on the hour; nobody waits for them.
EXPORTS_INTERVAL_S = 30.0
#: Signs of life of the server; the checks of all tanks go with some of them.
FINDINGS_INTERVAL_S = 15.0
#: A thread that calculates lets another one go on after this time. A post goes to the database six times, and waits so
#: long each time it comes back while others calculate; Python's own 5 ms are long for that.
SWITCH_S = 0.0005


class CannotListen(HydrofleetError):
    """The address cannot be had."""


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGINT into SystemExit once, so that every context ends in order, undisturbed."""

    def stop(number: int, _: FrameType | None) -> None:
        for each in previous:
            signal.signal(each, signal.SIG_IGN)  # the clean-up is under way; a second Ctrl-C must not break it
        raise SystemExit(0 if number == signal.SIGINT else 128 + number)

    previous = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    for each in previous:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


@contextmanager
def running_jobs(engine: Engine) -> Iterator[Sequence[BackgroundJob]]:
    """Keep rollups current, repair history, make room for it, check tanks and export on schedule."""
    jobs = (
        PartitionJob(engine, PARTITIONS_INTERVAL_S),
        RollupJob(engine, ROLLUP_INTERVAL_S),
        RederiveJob(engine, REDERIVE_INTERVAL_S),
        FindingsJob(engine, FINDINGS_INTERVAL_S),
        ExportJob(engine, EXPORTS_INTERVAL_S),
    )
    for job in jobs:
        job.start()
    try:
        yield jobs
    finally:
        for job in jobs:
            job.stop()


def take_turns_often() -> None:
    """Let the threads of this process wait less for each other."""
    sys.setswitchinterval(SWITCH_S)


def set_startup_aside() -> None:
    """Keep Python from looking through all that was made at the start again and again, whenever it looks for garbage.

    Modules, routes and components are a third of a million objects; each time, some visitor waited 0.2 s for nothing.
    """
    gc.collect()
    gc.freeze()


def open_listener(settings: Settings, engine: Engine, jobs: Sequence[BackgroundJob] = ()) -> Any:
    """Bind the port and make the server; it answers once its ``run`` is called. ``jobs`` are told of in its metrics.

    Raises
    ------
    CannotListen
        If somebody else listens there, or the address is not this machine's.
    """
    server = create_server(settings, engine, jobs=jobs)
    try:
        return listen(server, settings)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another port with --port"
        ) from error


def serve(
    settings: Settings, engine: Engine, ready: Callable[[str], None], *, jobs: Sequence[BackgroundJob] = ()
) -> None:
    """Serve until SystemExit or KeyboardInterrupt; ``ready`` is told the URL once the port is open."""
    take_turns_often()
    with watching(engine), closing(open_listener(settings, engine, jobs)) as listener:
        set_startup_aside()
        ready(f"http://{settings.host}:{listener.effective_port}")
        listener.run()
