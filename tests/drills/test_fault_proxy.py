"""The line that the drills break: what became of a request is told, also where nobody waits for it any more."""

import gc
import socket
from collections.abc import Iterator

import pytest

from tests.drills.fault_proxy import Fault, FaultProxy, Line, fault_proxy

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class SlowServer:
    """Answers each of its connections when told to."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port = int(listener.getsockname()[1])

    def take(self) -> socket.socket:
        """Give the next connection, once its request is read."""
        wire = self._listener.accept()[0]
        wire.settimeout(10)
        assert wire.recv(1024) == REQUEST
        return wire


@pytest.fixture
def server() -> Iterator[SlowServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield SlowServer(listener)


@pytest.fixture
def proxy(server: SlowServer) -> Iterator[FaultProxy]:
    with fault_proxy(server.port) as proxy:
        yield proxy


def send(line: Line) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", line.port), timeout=10)
    client.sendall(REQUEST)
    return client


def carry_another(proxy: FaultProxy, server: SlowServer) -> None:
    """Send something to and fro: what the proxy was told before, it has then heard."""
    with send(proxy.open_line()) as client, server.take() as wire:
        wire.sendall(ANSWER)
        assert client.recv(1024) == ANSWER


def test_an_answer_to_a_client_that_gave_up_still_settles_its_request(proxy, server):
    line = proxy.open_line()
    line.arm(Fault.BLACK_HOLE)
    client = send(line)
    with server.take() as wire:
        client.close()
        carry_another(proxy, server)
        gc.collect()

        wire.sendall(ANSWER)

        assert line.is_settled.wait(10)


def test_the_end_of_one_request_does_not_settle_the_next(proxy, server):
    line = proxy.open_line()
    line.arm(Fault.NONE)
    with send(line) as client, server.take() as wire:
        wire.sendall(ANSWER)
        assert client.recv(1024) == ANSWER

        line.arm(Fault.BLACK_HOLE)

    carry_another(proxy, server)
    assert not line.is_settled.is_set()
