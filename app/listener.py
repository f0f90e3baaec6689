"""The open port: waitress with the limits that it needs against clients that send or read too slowly."""

import json
import logging
import secrets
import socket
import time
from contextlib import suppress
from typing import Any, Final

import waitress.server
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from app.settings import Settings
from ingest_api.problems import MEDIA_TYPE, PROBLEM_TYPES

#: Far more than the API takes (1 MiB, answered in its own words): waitress cuts off what nobody would send by mistake.
MAX_BODY_BYTES: Final = 4 * 1024 * 1024
#: Silence after which a connection is closed.
SILENCE_S: Final = 20
#: A request must have arrived within this time, however slowly it drips: bytes alone do not keep a place.
RECEIVE_S: Final = 20.0
CONNECTIONS: Final = 500

log = logging.getLogger(__name__)


class _Refusal(ErrorTask):
    """The answer to a request that is too large or no HTTP, and never reaches the application."""

    def execute(self) -> None:
        """Answer in the words of the API below ``/api/``, in plain text elsewhere."""
        path = getattr(self.request, "path", "")
        if not path.startswith("/api/"):
            super().execute()
            return
        body = json.dumps(_problem(self.request.error, path)).encode()
        self.status = f"{self.request.error.code} {self.request.error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _problem(error: Any, path: str) -> dict[str, object]:
    members = {"status": error.code, "detail": error.body, "instance": path, "request_id": secrets.token_hex(8)}
    if error.code == 413:
        kind = PROBLEM_TYPES["too-large"]
        return {"type": kind.uri, "title": kind.title, "remedy": kind.remedy, **members}
    return {"type": "about:blank", "title": error.reason, "remedy": "Send a request as HTTP/1.1 has it.", **members}


class _Channel(HTTPChannel):
    """A connection that remembers since when it has been receiving the request at hand."""

    error_task_class = _Refusal
    receiving_since: float | None = None

    def received(self, data: bytes) -> Any:
        """Take what has arrived."""
        if self.receiving_since is None:
            self.receiving_since = time.monotonic()
        taken = super().received(data)
        if self.request is None:  # it is complete
            self.receiving_since = None
        return taken


def listen(server: Flask, settings: Settings, *, receive_s: float = RECEIVE_S, silence_s: int = SILENCE_S) -> Any:
    """Bind the port; the server answers once its ``run`` is called.

    Raises
    ------
    OSError
        If the port cannot be had.
    """
    # It warns for every request that has to wait a moment; the request log tells that better.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = waitress.server.create_server(
        server,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=silence_s,
        cleanup_interval=2,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=16 * 1024,
        expose_tracebacks=False,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **_proxy(settings),
    )
    for one in _sockets(listener):
        one.channel_class = _Channel
        _close_slow(one, receive_s)
    return listener


def _close_slow(listener: Any, receive_s: float) -> None:
    """Close, whenever waitress cleans up, what takes too long: a request to arrive, or a client to read its answer.

    Waitress itself closes connections on which nothing moves, but not those that drip, and none that a thread serves.
    """
    clean_up = listener.maintenance

    def maintenance(now: float) -> None:
        clean_up(now)
        earliest, silent = time.monotonic() - receive_s, now - listener.adj.channel_timeout
        for channel in list(listener.active_channels.values()):
            since = channel.receiving_since
            drips = since is not None and since < earliest and not channel.requests
            if drips or (channel.total_outbufs_len and channel.last_activity < silent):
                log.info("closed a connection that was %s too slowly", "sending" if drips else "reading")
                channel.will_close = True
                with suppress(OSError):  # it may just have gone by itself
                    # To whom nothing can be written, waitress would not even get round to closing.
                    channel.socket.shutdown(socket.SHUT_RDWR)

    listener.maintenance = maintenance


def _sockets(listener: Any) -> list[Any]:
    """Give the listening sockets: a host name may stand for several addresses."""
    if isinstance(listener, waitress.server.MultiSocketServer):
        return [one for one in listener.map.values() if isinstance(one, waitress.server.BaseWSGIServer)]
    return [listener]


def _proxy(settings: Settings) -> dict[str, object]:
    if settings.trusted_proxy is None:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": headers}
