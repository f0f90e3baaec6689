"""R13: 500 sockets keep the server waiting: slow headers, slow bodies, slow readers, drips, and silence.

A hundred of each kind, opened at once and held as long as the server lets them; together they are as many as it lets
in. It closes all that keep it waiting within 25 s; from then on a client that behaves is answered promptly, and no file
descriptor is left behind.
"""

import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_least, at_most, none, speed
from tests.drills.pis import wait_for
from tests.drills.visitor import visiting

NAME = "R13"
_OF_EACH_KIND = 100
_CLOSED_WITHIN_S = 25.0
#: Its patience is 20 s of its own clock; a machine that is busy with other things may be late by as much again.
_GIVEN_UP_AFTER_S = 45.0
_HONEST_P95_S = 0.5
_HONEST_FOR_S = {False: 5.0, True: 60.0}
_QUIET_FOR_S = 2.0
_TIMES_QUIET = 3.0
#: Connections of the server to its database, which have nothing to do with the crowd.
_FILES_COME_AND_GO = 5
#: Of 500, because the server's database connections count as well.
_LET_IN = 450
_DRIP_EVERY_S = 1.0
_HEAD = b"POST /api/v1/readings HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@dataclass(frozen=True)
class Kind:
    """How one kind of client begins, whether it goes on byte by byte, and whether it ever reads."""

    beginning: bytes
    drips: bool = False
    reads: bool = True


#: Answers that are larger than what the kernels take off the server's hands, towards a window of 4 KiB.
_MANY_QUESTIONS = b"GET /api/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 3
KINDS = (
    Kind(b"GET /healthz HTTP/1.1\r\nX-Slow: ", drips=True),
    Kind(_HEAD + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{", drips=True),
    Kind(_HEAD),
    Kind(_MANY_QUESTIONS, reads=False),
    Kind(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
)


class Crowd(threading.Thread):
    """Holds the sockets, and drips."""

    def __init__(self, port: int) -> None:
        super().__init__(name="crowd", daemon=True)
        self._port = port
        self._leave = threading.Event()
        self.is_complete = threading.Event()

    def run(self) -> None:
        """Open all, then drip until it is time to leave."""
        with ExitStack() as stack:
            sockets = [(kind, stack.enter_context(self._open(kind))) for kind in KINDS * _OF_EACH_KIND]
            self.is_complete.set()
            while not self._leave.wait(_DRIP_EVERY_S):
                for kind, client in sockets:
                    with suppress(OSError):  # that one was closed
                        client.send(b"x" if kind.drips else b"")

    def leave(self) -> None:
        """Close whatever is still open."""
        self._leave.set()
        self.join(30)

    def _open(self, kind: Kind) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        if not kind.reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(OSError):
            client.sendall(kind.beginning)
        client.setblocking(False)
        return client


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Let the crowd in, and look at those who behave."""
    with farm(folder, pis=1) as on:
        quiet_p95_s, _ = _honest(on, _QUIET_FOR_S)
        files_before, crowd = on.server.open_files(), Crowd(on.server.port)
        crowd.start()
        crowd.is_complete.wait(120)
        began_s = time.monotonic()
        with suppress(TimeoutError):
            wait_for(lambda: on.server.open_files() - files_before >= _LET_IN, within_s=10, what="all are let in")
        most_open = on.server.open_files() - files_before
        # A client that does not read cannot see that it was closed; the server's own files tell.
        with suppress(TimeoutError):
            wait_for(lambda: _left_open(on, files_before) <= 0, within_s=_GIVEN_UP_AFTER_S, what="all are closed")
        closed_s, left_open = time.monotonic() - began_s, _left_open(on, files_before)
        honest_p95_s, refused = _honest(on, _HONEST_FOR_S[full])
        crowd.leave()
    return {
        "open_at_once": at_least(most_open, _LET_IN),
        "left_open": none(max(0, left_open)),
        "closed_after_s": speed(closed_s, _CLOSED_WITHIN_S, full=full),
        "honest_refused": none(refused),
        "honest_p95_s": speed(honest_p95_s, _HONEST_P95_S, full=full),
        "honest_p95_vs_limit": at_most(honest_p95_s / max(_HONEST_P95_S, _TIMES_QUIET * quiet_p95_s), 1.0),
    }


def _left_open(on: Farm, before: int) -> int:
    return on.server.open_files() - before - _FILES_COME_AND_GO


def _honest(on: Farm, seconds: float) -> tuple[float, int]:
    """Give the p95 of a client that behaves, and how often it was not answered as it deserves."""
    with visiting(on, ("/healthz", "/api/v1/readings/latest")) as visitor:
        time.sleep(seconds)
    took = [attempt.took_s for attempt in visitor.attempts]
    return quantiles(took, n=20)[18], sum(attempt.status != 200 for attempt in visitor.attempts)
