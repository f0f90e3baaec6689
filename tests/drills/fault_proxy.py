"""A line to the server that can be told to fail: cut before, inside or after the answer, slow, narrow, or a black hole.

The proxy knows where a request and its answer end, so that a fault hits the moment it is named after, and not by luck.
"""

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from enum import Enum, auto

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LATENCY_S = 0.2
#: 12.8 kB/s, as a bad radio link has it.
_NARROW_BYTES, _NARROW_EVERY_S = 128, 0.01
#: The kernel answers RST to a connection that is closed with this option set.
_RESET = struct.pack("ii", 1, 0)


class Fault(Enum):
    """What becomes of one request and its answer."""

    NONE = auto()
    #: Everything arrives, late, or a few bytes at a time.
    LATE = auto()
    NARROW = auto()
    #: The server never gets the whole request.
    REFUSED = auto()
    REQUEST_CUT = auto()
    #: The server did its work, and the client cannot know.
    ANSWER_CUT_BEFORE = auto()
    ANSWER_CUT_INSIDE = auto()
    BLACK_HOLE = auto()
    #: The server's side is gone before it can answer; whether it did its work, only the table knows.
    HALF_OPEN = auto()
    #: The answer arrives, and then the line is gone: the next request has to open another.
    ANSWER_CUT_AFTER = auto()


class Line:
    """One port; the fault it is armed with befalls its next connection, one request long."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.port = 0
        self._fault = Fault.NONE
        #: Set when the server has answered the request that the line was armed for, or cannot any more.
        self.is_settled = threading.Event()
        self._carried: set[asyncio.Task[None] | None] = set()

    def arm(self, fault: Fault) -> None:
        """Choose what befalls the next request."""
        self._fault, self.is_settled = fault, threading.Event()

    async def open(self) -> asyncio.Server:
        """Begin to listen on any free port."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault, self._fault, is_settled = self._fault, Fault.NONE, self.is_settled
        # asyncio itself forgets a task whose client has gone, even while it waits for the server.
        self._carried.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._befall(fault, is_settled, reader, writer)
        is_settled.set()
        _reset(writer)
        self._carried.discard(asyncio.current_task())

    async def _befall(
        self, fault: Fault, is_settled: threading.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if fault is Fault.REFUSED:
            return
        request = await _message(reader)
        if fault is Fault.LATE:
            await asyncio.sleep(_LATENCY_S)
        answer = await self._ask(fault, request)
        is_settled.set()
        if fault is Fault.BLACK_HOLE:
            await reader.read()  # until the client gives up
        elif fault is Fault.ANSWER_CUT_INSIDE:
            await _deliver(writer, answer[: len(answer) // 2])
        elif fault is Fault.NARROW:
            await _drip(writer, answer)
        elif fault is not Fault.ANSWER_CUT_BEFORE and answer:
            await _deliver(writer, answer)
            await reader.read() if fault is not Fault.ANSWER_CUT_AFTER else None

    async def _ask(self, fault: Fault, request: bytes) -> bytes:
        """Hand the request to the server and give its answer, b"" if it cannot have one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        try:
            sent = request[: len(request) // 2] if fault is Fault.REQUEST_CUT else request
            await (_drip if fault is Fault.NARROW else _deliver)(writer, sent)
            return b"" if fault in (Fault.REQUEST_CUT, Fault.HALF_OPEN) else await _message(reader)
        finally:
            _reset(writer)


class FaultProxy:
    """Any number of lines to one server, carried by a thread of its own."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()

    def open_line(self) -> Line:
        """Open another line."""
        line = Line(self._server_port)
        opened: Future[asyncio.Server] = asyncio.run_coroutine_threadsafe(line.open(), self._loop)
        opened.result(10)
        return line

    def close(self) -> None:
        """Drop all lines."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@contextmanager
def fault_proxy(server_port: int) -> Iterator[FaultProxy]:
    """Stand before a server while the context lasts."""
    proxy = FaultProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one whole HTTP message that announces its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    return head + await reader.readexactly(int(found[1]) if found else 0)


async def _deliver(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for first in range(0, len(data), _NARROW_BYTES):
        await _deliver(writer, data[first : first + _NARROW_BYTES])
        await asyncio.sleep(_NARROW_EVERY_S)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a router that lost its table does."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
