"""A stand-in for the server, for trying the agent where there is none: keeps the contract, and has its bad moments."""

import contextlib
import gzip
import json
import socket
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Every seventh answer is lost after the readings were taken, every eleventh request meets a server that is too busy.
_LOST_EVERY, _BUSY_EVERY = 7, 11


class TroubledServer:
    """Counts the readings it was given, each once however often it came."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self._requests = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                server.answer(self, json.loads(body))

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler, batch: dict[str, Any]) -> None:
        """Take a batch, and answer it or not."""
        with self._lock:
            self._requests += 1
            number = self._requests
            if number % _BUSY_EVERY:
                given = {(batch["stream"], reading["seq"]) for reading in batch["readings"]}
                fresh = len(given - self.seen)
                self.seen |= given
        if number % _BUSY_EVERY == 0:
            _reply(request, 503, {}, {"Retry-After": "0"})
        elif number % _LOST_EVERY == 0:
            request.close_connection = True
            with contextlib.suppress(OSError):
                request.connection.shutdown(socket.SHUT_RDWR)
        else:
            settled = {"accepted": fresh, "duplicates": len(batch["readings"]) - fresh, "rejected": [], "config": {}}
            _reply(request, 200, {**settled, "server_time": datetime.now(UTC).isoformat()}, {})


def _reply(request: BaseHTTPRequestHandler, status: int, said: dict[str, Any], headers: dict[str, str]) -> None:
    body = json.dumps(said).encode()
    request.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
