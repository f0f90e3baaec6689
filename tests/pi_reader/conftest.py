"""A small real HTTP server that keeps the readings contract, and misbehaves on request."""

import gzip
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pi_reader.outbox import Outbox

SERVER_TIME = "2026-11-23T08:00:00.000Z"


@dataclass
class Scripted:
    """One answer out of the ordinary. ``store`` keeps the readings first; ``cut`` then closes without an answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    store: bool = False
    cut: bool = False


class ReadingsServer:
    """Stores readings by (token, ts), first write wins. ``script`` holds answers to give before behaving well."""

    def __init__(self) -> None:
        self.script: deque[Scripted | Callable[[dict[str, Any]], Scripted | None]] = deque()
        self.rule: Callable[[dict[str, Any]], Scripted | None] = lambda batch: None
        self.batches: list[dict[str, Any]] = []
        self.request_headers: list[dict[str, str]] = []
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}
        self.config: dict[str, Any] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                self._answer(404, {}, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                scripted = server.take(json.loads(body), dict(self.headers.items()))
                if scripted.cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self._answer(scripted.status, scripted.headers, scripted.body)

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        # Agents that are killed reset their connections; that is the point of those tests.
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, batch: dict[str, Any], headers: dict[str, str]) -> Scripted:
        self.batches.append(batch)
        self.request_headers.append(headers)
        scripted = self.script.popleft() if self.script else self.rule(batch)
        if callable(scripted):
            scripted = scripted(batch)
        if scripted is not None and not scripted.store:
            return scripted
        good = self._keep(batch, headers["Authorization"])
        return scripted or good

    def _keep(self, batch: dict[str, Any], token: str) -> Scripted:
        duplicates = 0
        for reading in batch["readings"]:
            duplicates += (token, reading["ts"]) in self.stored
            self.stored.setdefault((token, reading["ts"]), reading)
        return settled(len(batch["readings"]) - duplicates, duplicates=duplicates, config=self.config)

    @staticmethod
    def answer(**fields: Any) -> Scripted:
        """Make an answer out of the ordinary, for ``script`` and ``rule``."""
        return Scripted(**fields)

    @property
    def stored_seqs(self) -> list[int]:
        return sorted(reading["seq"] for reading in self.stored.values())

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def settled(accepted: int, *, duplicates: int = 0, status: int = 200, **more: object) -> Scripted:
    fields = {"accepted": accepted, "duplicates": duplicates, "conflicts": 0, "quarantined": 0, "rejected": []}
    fields |= {"server_time": SERVER_TIME, "skew_ms": 0, "config": {}, **more}
    return Scripted(status, {"Content-Type": "application/json"}, json.dumps(fields).encode())


@pytest.fixture
def server() -> Iterator[ReadingsServer]:
    readings_server = ReadingsServer()
    yield readings_server
    readings_server.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "outbox.db", max_readings=1000)
    yield box
    box.close()
