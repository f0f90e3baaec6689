"""A real server, a line to it that can be cut at any byte, and cards of Pis as folders."""

import contextlib
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Engine

from ingest_api import create_blueprint
from models.db import session_scope
from models.read.enrollment import KeyRecord, find_key
from models.tokens import Token, TokenKind, make_token
from models.write.enrollment_keys import add_key
from pi_reader.clock import Clock
from pi_reader.config import load_agent_config
from pi_reader.membership import Membership
from pi_reader.roots import Roots
from pi_reader.station import build_membership
from pi_reader.transport import Transport
from tests.listening import listening

PI_TOML = 'interval_s = 0.5\ntrust_clock = true\n[probes]\nbus = "simulated"\nseed = 5\n'


class Line:
    """Forwards connections to a server; ``cuts`` says after how many bytes of the answers each next one breaks."""

    def __init__(self, port: int) -> None:
        self._upstream = port
        self.cuts: deque[int] = deque()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                limit = self.cuts.popleft() if self.cuts else None
                Thread(target=self._forward, args=(client, limit), daemon=True).start()

    def _forward(self, client: socket.socket, limit: int | None) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._upstream)) as server:
            ways = [
                Thread(target=_pump, args=(client, server, None), daemon=True),
                Thread(target=_pump, args=(server, client, limit), daemon=True),
            ]
            for way in ways:
                way.start()
            for way in ways:
                way.join()


def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    """Copy until the end, or until ``limit`` bytes have passed; then neither side hears of the other again."""
    left = float("inf") if limit is None else limit
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk[: len(chunk) if left > len(chunk) else int(left)])
            left -= len(chunk)
            if left <= 0:
                break
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@dataclass
class Farm:
    """The server of a farm: its database, its line, and a key."""

    engine: Engine
    line: Line
    app: Flask
    key: Token

    def open_key(self, max_uses: int, **options: object) -> Token:
        self.key = make_token(TokenKind.ENROLLMENT)
        now = datetime.now(UTC)
        with session_scope(self.engine) as session:
            add_key(session, self.key, max_uses=max_uses, expires_at=now + timedelta(days=7), now=now, **options)  # type: ignore[arg-type]
        return self.key

    @property
    def key_record(self) -> KeyRecord:
        with session_scope(self.engine) as session:
            found = find_key(session, self.key.id)
        assert found is not None
        return found.key


@dataclass
class Card:
    """A card with its folders, in a board."""

    roots: Roots

    @property
    def state(self) -> Path:
        return self.roots.at("/var/lib/hydrofleet")

    @property
    def token(self) -> str:
        return (self.state / "token").read_text().strip()

    def put_into(self, serial: str) -> None:
        file = self.roots.device_tree_serial
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(serial.encode() + b"\0")

    def start(self) -> tuple[Membership, Transport]:
        """Start the agent's half that deals with the server, as after a boot."""
        config = load_agent_config(self.roots.at("/etc/hydrofleet/pi.toml"), {}, roots=self.roots)
        assert config.server is not None
        return build_membership(config, config.server, self.roots, Clock(trusted=True))

    def join(self) -> str | None:
        """Start, try once to join, and give the name."""
        membership, transport = self.start()
        try:
            membership.attempt()
        finally:
            transport.close()
        return membership.name


@pytest.fixture
def farm(engine: Engine) -> Iterator[Farm]:
    app = Flask("test")
    app.register_blueprint(create_blueprint(engine, clock=lambda: datetime.now(UTC)))
    with listening(app, threads=8) as port, contextlib.closing(Line(port)) as line:
        opened = Farm(engine, line, app, make_token(TokenKind.ENROLLMENT))
        opened.open_key(99)
        yield opened


@pytest.fixture
def write_card(tmp_path: Path, farm: Farm) -> Callable[..., Card]:
    """Give a function that writes the same image on a new card and puts it into a board."""

    def write(serial: str, *, key: str | None = None) -> Card:
        card = Card(Roots(tmp_path / f"card-{len(list(tmp_path.iterdir()))}"))
        for folder in ("/boot/firmware", "/etc/hydrofleet", "/etc/ssh", "/var/lib"):
            card.roots.at(folder).mkdir(parents=True)
        card.roots.boot_file.write_text(f'server_url = "{farm.line.url}"\nenrollment_key = "{key or farm.key.text}"\n')
        card.roots.at("/etc/hydrofleet/pi.toml").write_text(PI_TOML)
        card.roots.host_name.write_text("raspberrypi\n")
        card.roots.hosts.write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
        card.put_into(serial)
        return card

    return write
