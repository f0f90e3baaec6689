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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, field
from typing import BinaryIO


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


def drive_elsewhere(port: int, lines: Sequence[Sequence[Ask]], *, at_most_s: float) -> list[Answered]:
    """Run :func:`drive` in a process of its own, which imports nothing else."""
    with driving_elsewhere(port, lines, at_most_s=at_most_s, to_the_end=True) as driving:
        return driving.answers()


@dataclass(frozen=True, slots=True)
class Driving:
    """A load generator under way in a process of its own."""

    process: "subprocess.Popen[bytes]"

    def answers(self) -> list[Answered]:
        """Let it send nothing more, unless it goes to the end by itself, and give what it was answered."""
        output, _ = self.process.communicate()
        if self.process.returncode:
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        return [Answered(*one) for one in pickle.loads(output)]


@contextmanager
def driving_elsewhere(
    port: int, lines: Sequence[Sequence[Ask]], *, at_most_s: float, to_the_end: bool = False
) -> Iterator[Driving]:
    """Run :func:`drive` in a process of its own while the context lasts."""
    plain = [[(ask.data, ask.kind, ask.due_s) for ask in asks] for asks in lines]
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            pickle.dump((port, plain, at_most_s, to_the_end), process.stdin)
            process.stdin.flush()
            yield Driving(process)
        except BaseException:
            process.kill()
            raise


def drive(
    port: int, lines: Sequence[Sequence[Ask]], *, at_most_s: float, stop: BinaryIO | None = None
) -> list[Answered]:
    """Send every line's requests one after the other over its own connection; a 503 is sent again when it says.

    Ends when all are answered or ``at_most_s`` is over; once ``stop`` is closed by whoever writes to it, only requests
    under way are waited for.
    """
    opened = [_Line(deque(asks), socket.create_connection(("127.0.0.1", port))) for asks in lines]
    answers: list[Answered] = []
    started_s = time.monotonic()
    with selectors.EpollSelector() as selector:
        if stop is not None:
            selector.register(stop, selectors.EVENT_READ)
        for line in opened:
            line.wire.setblocking(False)
            line.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.wire, selectors.EVENT_READ, line)
        while (now_s := time.monotonic() - started_s) < at_most_s:
            for line in opened:
                _send_if_due(line, selector, now_s)
            if not any(line.busy or line.asks for line in opened):
                break
            for key, events in selector.select(_pause_s(opened, now_s)):
                if key.data is None:
                    selector.unregister(key.fileobj)
                    _drop_unsent(opened)
                elif (answered := _advance(key.data, events, selector, started_s)) is not None:
                    answers.append(answered)
    for line in opened:
        line.wire.close()
    return answers


def _drop_unsent(lines: Sequence[_Line]) -> None:
    """Keep only the requests that are under way; nobody sends those again that are asked to come back."""
    for line in lines:
        line.asks = deque([line.asks[0]] if line.busy else [])


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
    port, plain, at_most_s, to_the_end = pickle.load(sys.stdin.buffer)
    lines = [[Ask(*ask) for ask in asks] for asks in plain]
    answers = drive(port, lines, at_most_s=at_most_s, stop=None if to_the_end else sys.stdin.buffer)
    pickle.dump([astuple(answer) for answer in answers], sys.stdout.buffer)


if __name__ == "__main__":
    _main()
