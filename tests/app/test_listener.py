"""The open port of a real server: slow clients lose their place, and nobody else waits for them."""

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask, Response

from app.listener import listen
from app.settings import load_settings

RECEIVE_S = 1.0
DEADLINE_S = 30.0


@pytest.fixture
def listener(tmp_path) -> Iterator[Any]:
    """A small server behind the limits of the real one, with less patience."""
    app = Flask("app")
    app.add_url_rule("/hello", "hello", lambda: "hello")
    app.add_url_rule("/much", "much", lambda: Response(b"x" * 8_000_000))
    listener = listen(app, load_settings(data_dir=tmp_path, port=0, threads=2), receive_s=RECEIVE_S, silence_s=2)
    stopping = threading.Event()
    thread = threading.Thread(target=_run, args=(listener, stopping))
    thread.start()
    yield listener
    stopping.set()
    thread.join(DEADLINE_S)
    listener.close()


def _run(listener, stopping: threading.Event) -> None:
    while not stopping.is_set():
        listener.asyncore.loop(timeout=0.05, count=1, map=listener._map, use_poll=True)


@pytest.fixture
def port(listener: Any) -> int:
    number: int = listener.effective_port
    return number


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[bytes], socket.socket]]:
    with ExitStack() as stack:

        def open_one(first: bytes) -> socket.socket:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S))
            client.sendall(first)
            return client

        yield open_one


def is_closed(client: socket.socket) -> bool:
    client.settimeout(0.05)
    try:
        return client.recv(65536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def drip_until_closed(client: socket.socket) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_closed(client):
        assert time.monotonic() < deadline, "it was allowed to drip for ever"
        try:
            client.sendall(b"x")
        except OSError:
            return


@pytest.mark.parametrize(
    "beginning",
    [b"GET /hello HTTP/1.1\r\nX-Slow: ", b"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"],
)
def test_a_request_that_arrives_byte_by_byte_is_cut_off(connect, beginning: bytes):
    drip_until_closed(connect(beginning))


def test_a_connection_on_which_nothing_moves_is_closed(connect):
    client = connect(b"")
    deadline = time.monotonic() + DEADLINE_S
    while not is_closed(client):
        assert time.monotonic() < deadline


def test_a_client_that_does_not_read_its_answer_is_given_up(connect, listener):
    client = connect(b"")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.recv(1) == b"H"

    deadline = time.monotonic() + DEADLINE_S
    while listener.active_channels:
        assert time.monotonic() < deadline, "it keeps its place for ever"
        time.sleep(0.05)


def test_others_are_answered_while_many_drip(connect, port: int):
    for _ in range(50):
        connect(b"GET /hello HTTP/1.1\r\nX-Slow: ")

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/hello", timeout=DEADLINE_S) as answer:
        assert answer.read() == b"hello"


def test_a_connection_that_is_used_again_is_not_cut_off(connect):
    client = connect(b"")
    began = time.monotonic()
    while time.monotonic() - began < 2 * RECEIVE_S:
        client.sendall(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while not answer.endswith(b"hello"):
            answer += client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        ("/api/v1/readings", b"application/problem+json", b'{"type": "/api/v1/problems/too-large"'),
        ("/hello", b"text/plain", b"Request Entity Too Large"),
    ],
)
def test_a_body_that_never_reaches_the_application_is_refused_in_the_words_of_its_path(connect, path, kind, begins):
    client = connect(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n".encode())
    answer = b""
    while part := client.recv(65536):
        answer += part

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert b"Content-Type: " + kind in head
    assert body.startswith(begins)
