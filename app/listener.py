"""The open port: waitress with the limits that it needs against clients that send or read too slowly."""

import logging
import socket
import time
from contextlib import suppress
from typing import Any, Final

import waitress.server
from flask import Flask
from waitress.channel import HTTPChannel

from app.settings import Settings

#: Far more than the API takes (1 MiB, answered in its own words): waitress cuts off what nobody would send by mistake.
MAX_BODY_BYTES: Final = 4 * 1024 * 1024
#: Silence after which a connection is closed.
SILENCE_S: Final = 20
#: A request must have arrived within this time, however slowly it drips: bytes alone do not keep a place.
RECEIVE_S: Final = 20.0
CONNECTIONS: Final = 500

log = logging.getLogger(__name__)


class _Channel(HTTPChannel):
    """A connection that remembers since when it has been receiving the request at hand."""

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
