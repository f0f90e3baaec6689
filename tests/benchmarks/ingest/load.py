"""A load generator that costs little itself: prebuilt requests over plain sockets, one loop for all connections.

Runs in a process of its own, so that it shares nothing with the server but the machine.
"""

import pickle
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its bytes, not to be sent before ``due_s`` after the start, and a name for its kind."""

    data: bytes
    kind: str = ""
    due_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer; ``since_due_s`` counts from when the request should have been sent, the retries included."""

    kind: str
    status: int
    at_s: float
    took_s: float
    since_due_s: float


@dataclass(slots=True)
class _Line:
    """One connection with the requests still to be sent over it, in order."""

    asks: deque[Ask]
    wire: socket.socket
    sent_s: float = 0.0
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))
    received: bytearray = field(default_factory=bytearray)
    not_before_s: float = 0.0
    busy: bool = False


def drive_elsewhere(
    port: int,
    lines: Sequence[Sequence[Ask]],
    *,
    at_most_s: float,
    until_kind: str | None = None,
    patience_s: float | None = None,
) -> list[Answered]:
    """Run :func:`drive` in a process of its own, which imports nothing else."""
    plain = [[(ask.data, ask.kind, ask.due_s) for ask in asks] for asks in lines]
    given = pickle.dumps((port, plain, at_most_s, until_kind, patience_s))
    ended = subprocess.run([sys.executable, __file__], input=given, stdout=subprocess.PIPE, check=True)
    return [Answered(*one) for one in pickle.loads(ended.stdout)]


def drive(
    port: int,
    lines: Sequence[Sequence[Ask]],
    *,
    at_most_s: float,
    until_kind: str | None = None,
    patience_s: float | None = None,
) -> list[Answered]:
    """Send every line's requests one after the other over its own connection; a 503 is sent again when it says.

    With ``patience_s`` it is sent again after that time, whatever it says.

    Ends when all are answered or ``at_most_s`` is over; with ``until_kind``, once no request of that kind is left
    only those under way are waited for.
    """
    opened = [_Line(deque(asks), socket.create_connection(("127.0.0.1", port))) for asks in lines]
    left = sum(ask.kind == until_kind for asks in lines for ask in asks)
    answers: list[Answered] = []
    started_s = time.monotonic()
    with selectors.EpollSelector() as selector:
        for line in opened:
            line.wire.setblocking(False)
            line.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.wire, selectors.EVENT_READ, line)
        while (now_s := time.monotonic() - started_s) < at_most_s:
            for line in opened:
                if until_kind and not left and not line.busy:
                    line.asks.clear()
                _send_if_due(line, selector, now_s)
            if not any(line.busy or line.asks for line in opened):
                break
            for key, events in selector.select(_pause_s(opened, now_s)):
                answered = _advance(key.data, events, selector, started_s)
                if answered is not None:
                    answers.append(answered)
                    if answered.status == 503 and patience_s is not None:
                        key.data.not_before_s = answered.at_s + patience_s
                    left -= answered.kind == until_kind and answered.status != 503
    for line in opened:
        line.wire.close()
    return answers


def _pause_s(lines: list[_Line], now_s: float) -> float:
    due = [max(line.asks[0].due_s, line.not_before_s) for line in lines if line.asks and not line.busy]
    return min(0.5, max(0.0, min(due, default=now_s + 0.5) - now_s))


def _send_if_due(line: _Line, selector: selectors.BaseSelector, now_s: float) -> None:
    if line.busy or not line.asks or max(line.asks[0].due_s, line.not_before_s) > now_s:
        return
    line.busy, line.sent_s = True, now_s
    line.unsent = memoryview(line.asks[0].data)
    _send(line, selector)


def _send(line: _Line, selector: selectors.BaseSelector) -> None:
    with suppress(BlockingIOError):
        line.unsent = line.unsent[line.wire.send(line.unsent) :]
    waits = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.unsent else 0)
    if selector.get_key(line.wire).events != waits:
        selector.modify(line.wire, waits, line)


def _advance(line: _Line, events: int, selector: selectors.BaseSelector, started_s: float) -> Answered | None:
    if events & selectors.EVENT_WRITE:
        _send(line, selector)
    if not events & selectors.EVENT_READ:
        return None
    data = line.wire.recv(65536)
    if not data:
        raise ConnectionError("the server closed a connection in use")
    line.received += data
    head, separator, body = bytes(line.received).partition(b"\r\n\r\n")
    if not separator or len(body) < int(_header(head, b"content-length", b"0")):
        return None
    line.received.clear()
    line.busy = False
    now_s, status, ask = time.monotonic() - started_s, int(head[9:12]), line.asks[0]
    if status == 503:
        line.not_before_s = now_s + float(_header(head, b"retry-after", b"1"))
    else:
        line.asks.popleft()
    return Answered(ask.kind, status, now_s, now_s - line.sent_s, now_s - (ask.due_s or line.sent_s))


def _header(head: bytes, name: bytes, default: bytes) -> bytes:
    for field_line in head.split(b"\r\n")[1:]:
        key, _, value = field_line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return default


def _main() -> None:
    port, plain, at_most_s, until_kind, patience_s = pickle.load(sys.stdin.buffer)
    lines = [[Ask(*ask) for ask in asks] for asks in plain]
    answers = drive(port, lines, at_most_s=at_most_s, until_kind=until_kind, patience_s=patience_s)
    pickle.dump([astuple(answer) for answer in answers], sys.stdout.buffer)


if __name__ == "__main__":
    _main()
