"""Run the server: waitress with the limits that an open port needs, the jobs beside it, and a clean end."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import waitress.server
from flask import Flask
from sqlalchemy import Engine

from app.jobs.rederive import RederiveJob
from app.jobs.rollup_job import RollupJob
from app.server import create_server
from app.settings import Settings
from models.errors import HydrofleetError

#: Far more than the API takes (1 MiB, answered in its own words): waitress cuts off what nobody would send by mistake.
MAX_BODY_BYTES = 4 * 1024 * 1024
ROLLUP_INTERVAL_S = 2.0
#: Somebody waits in front of the page for what this job repairs.
REDERIVE_INTERVAL_S = 1.0


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
def running_jobs(engine: Engine) -> Iterator[None]:
    """Keep rollups current and repair history while the context lasts."""
    jobs = (RollupJob(engine, ROLLUP_INTERVAL_S), RederiveJob(engine, REDERIVE_INTERVAL_S))
    for job in jobs:
        job.start()
    try:
        yield
    finally:
        for job in jobs:
            job.stop()


def open_listener(settings: Settings, engine: Engine) -> waitress.server.BaseWSGIServer:
    """Bind the port and make the server; it answers once its ``run`` is called.

    Raises
    ------
    CannotListen
        If somebody else listens there, or the address is not this machine's.
    """
    # It warns for every request that has to wait a moment; the request log tells that better.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(settings, engine)
    try:
        return _listen(server, settings)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another port with --port"
        ) from error


def _listen(server: Flask, settings: Settings) -> waitress.server.BaseWSGIServer:
    return waitress.server.create_server(
        server,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        connection_limit=500,
        asyncore_use_poll=True,
        channel_timeout=20,
        cleanup_interval=2,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=16 * 1024,
        expose_tracebacks=False,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **_proxy(settings),
    )


def serve(settings: Settings, engine: Engine, ready: Callable[[str], None]) -> None:
    """Serve until SystemExit or KeyboardInterrupt; ``ready`` is told the URL once the port is open."""
    listener = open_listener(settings, engine)
    try:
        ready(f"http://{settings.host}:{listener.effective_port}")
        listener.run()
    finally:
        listener.close()


def _proxy(settings: Settings) -> dict[str, object]:
    if settings.trusted_proxy is None:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": headers}
