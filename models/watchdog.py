"""Notices a database that has stopped answering altogether, and frees everybody who waits for it.

A statement timeout is kept by the server, and a keepalive is answered by its kernel: when PostgreSQL's processes are
frozen (a suspended machine, storage that hangs), neither ends a wait. So a thread of our own asks, over a connection of
its own, twice a second.
"""

import logging
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any

import psycopg
from sqlalchemy import Engine, event

log = logging.getLogger(__name__)

INTERVAL_S = 0.5
#: An answer takes less than a millisecond; this long without one, while connected, is no mere load.
PATIENCE_S = 1.5
_CONNECT_TIMEOUT_S = 2


class Watchdog:
    """Watches the database of one engine.

    While it does not answer, waiting statements fail (``OperationalError``: the connection is lost) and no connection
    is opened; both work again as soon as it answers. A database that is merely away or slow is not its business.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._probe: _Probe | None = None
        self._guard = Lock()
        self._open: dict[int, psycopg.Connection] = {}
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="database-watchdog", daemon=True)
        self.frozen = False

    def start(self) -> None:
        """Begin to watch; connections that are opened from now on can be freed."""
        self._engine.dispose()
        for name, listener in self._listeners():
            event.listen(self._engine, name, listener)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()
        self._thread.join(INTERVAL_S + PATIENCE_S + _CONNECT_TIMEOUT_S)
        for name, listener in self._listeners():
            event.remove(self._engine, name, listener)

    def _listeners(self) -> tuple[tuple[str, Any], ...]:
        return (("do_connect", self._refuse_while_frozen), ("connect", self._remember), ("close", self._forget))

    def _refuse_while_frozen(self, *_: Any) -> None:
        if self.frozen:
            raise psycopg.OperationalError("the database does not answer")

    def _remember(self, connection: psycopg.Connection, _record: object) -> None:
        with self._guard:
            self._open[id(connection)] = connection

    def _forget(self, connection: psycopg.Connection, _record: object) -> None:
        with self._guard:
            self._open.pop(id(connection), None)

    def _watch(self) -> None:
        while not self._stopping.wait(INTERVAL_S):
            answers = self._ask()
            if not answers:
                self._cut_off()
            if answers == self.frozen:
                log.warning("the database answers again" if answers else "the database does not answer")
            self.frozen = not answers
        if self._probe is not None:
            self._probe.close()

    def _ask(self) -> bool:
        """Tell whether the database answers; one that refuses at once does not let anybody wait either."""
        try:
            self._probe = self._probe or _Probe(self._engine)
            return self._probe.answers()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            self._probe = None
            return True

    def _cut_off(self) -> None:
        """End every connection under its waiting statement; idle ones are found dead and replaced when next used."""
        self.frozen = True
        with self._guard:
            for connection in self._open.values():
                with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
                    wire.shutdown(socket.SHUT_RDWR)


class _Probe:
    """A connection on which nobody but the watchdog waits."""

    def __init__(self, engine: Engine) -> None:
        positional, named = engine.dialect.create_connect_args(engine.url)
        given = {**named, "connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "hydrofleet watchdog"}
        self._connection = psycopg.connect(*positional, autocommit=True, **given)
        self._asked = False

    def answers(self) -> bool:
        """Ask, unless the last question is still open, and wait a moment for the answer."""
        wire = self._connection.pgconn
        if not self._asked:
            wire.send_query(b"SELECT 1")
            wire.flush()
            self._asked = True
        # The second look is for an answer that came while this thread itself was kept waiting.
        if not any(select.select([wire.socket], [], [], wait_s)[0] for wait_s in (PATIENCE_S, 0)):
            return False
        while (result := wire.get_result()) is not None:
            result.clear()
        self._asked = False
        return True

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def watching(engine: Engine) -> Iterator[Watchdog]:
    """Watch the database of an engine while the context lasts."""
    watchdog = Watchdog(engine)
    watchdog.start()
    try:
        yield watchdog
    finally:
        watchdog.stop()
