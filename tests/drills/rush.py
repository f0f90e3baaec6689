"""Clients that post prebuilt requests as fast as they are answered, in a process of their own: they cost little.

They are as pushing as the protocol lets them: a 503 is sent again after a second, the least that a server asks for.
"""

import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

#: What a client that is turned away waits, even if it was asked for more.
COMES_BACK_AFTER_S = 1.0
_TIMEOUT_S = 60.0


class Answered(NamedTuple):
    """One answer to one client: when it came, counted from the start, how long it took, whether it said "come back"."""

    client: str
    status: int
    at_s: float
    took_s: float
    may_return: bool


def rush(port: int, requests: Mapping[str, Sequence[bytes]], seconds: float) -> list[Answered]:
    """Let every client send its requests in order, each until it is no 503; nothing new is sent after ``seconds``."""
    given = pickle.dumps((port, dict(requests), seconds))
    ended = subprocess.run([sys.executable, __file__], input=given, stdout=subprocess.PIPE, check=True)
    return [Answered(*one) for one in pickle.loads(ended.stdout)]


def _send_all(client: str, port: int, requests: Sequence[bytes], started_s: float, seconds: float) -> list[Answered]:
    answers: list[Answered] = []
    waiting = list(reversed(requests))
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while waiting and time.monotonic() - started_s < seconds:
            sent_s = time.monotonic()
            wire.sendall(waiting[-1])
            (status, may_return), now_s = _read_answer(wire), time.monotonic()
            answers.append(Answered(client, status, now_s - started_s, now_s - sent_s, may_return))
            if status == 503:
                time.sleep(COMES_BACK_AFTER_S)
            else:
                waiting.pop()
    return answers


def _read_answer(wire: socket.socket) -> tuple[int, bool]:
    """Read one whole answer; give its status, and whether it says when to come back."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _part(wire)
    head, _, body = received.partition(b"\r\n\r\n")
    announced = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(announced[0]) - len(body)
    while missing > 0:
        missing -= len(_part(wire))
    return int(head[9:12]), b"\r\nretry-after:" in head.lower()


def _part(wire: socket.socket) -> bytes:
    part = wire.recv(65536)
    if not part:
        raise ConnectionError("the server closed a connection in use")
    return part


def _main() -> None:
    port, requests, seconds = pickle.load(sys.stdin.buffer)
    started_s = time.monotonic()
    with ThreadPoolExecutor(len(requests)) as threads:
        clients = [threads.submit(_send_all, name, port, own, started_s, seconds) for name, own in requests.items()]
        answers = [tuple(answer) for client in clients for answer in client.result()]
    pickle.dump(answers, sys.stdout.buffer)


if __name__ == "__main__":
    _main()
