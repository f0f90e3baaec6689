"""R20: many Pis join at once while answers are lost and the server is killed: unique names, no gaps, uses == devices.

A real server process with a real PostgreSQL, real agents' joining code on simulated cards, a line in between that cuts
a share of the answers at a random byte. Each has to wait for its turn, and then gets its name: no question is answered
otherwise, and a Pi that starts once more need not ask. All Pis share the machine with the server, so its seconds are
judged in the full size only.
"""

import contextlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.read.devices import list_devices
from models.read.enrollment import find_key
from models.tokens import TokenKind, make_token
from models.write.enrollment_keys import add_key
from pi_reader.clock import Clock
from pi_reader.config import load_agent_config
from pi_reader.membership import Membership
from pi_reader.roots import Roots
from pi_reader.station import build_membership
from pi_reader.transport import Transport, TransportError
from tests.drills.frame import Figures, at_least, exactly, none, speed
from tests.drills.server import ROOT, lasting_port

NAME = "R20"
_PIS = {False: 99, True: 999}
_KILLS = 2
_ANSWERED = re.compile(r'"path": "/api/v1/enroll",.*?"status": (\d+)')
_CUT_SHARE = 0.3
_WITHIN_S = {False: 60.0, True: 600.0}
_LONGEST_S = 300.0
_LONGEST_S_PER_PI = 1.0


class Server:
    """The server as a process that is killed without warning and started again on the same port."""

    def __init__(self, url: str, log: Path) -> None:
        self._log = log
        self.port = lasting_port()
        self._environment = {"HYDROFLEET_DATABASE_URL": url, "PATH": "/usr/bin:/bin"}
        self.process = self._start()

    def kill_and_restart(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def require_alive(self) -> None:
        """Tell what it said last if it has ended by itself."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the server has ended: {self._log.read_text('utf-8', 'replace')[-2000:]}")

    def enrollments(self) -> Counter[str]:
        """Count its answers to whoever asked to join, by status, as it logged them."""
        return Counter(_ANSWERED.findall(self._log.read_text("utf-8", "replace")))

    def wait(self) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"the server does not come up: {self._log.read_text()[-2000:]}")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, cwd=ROOT, stdout=log, stderr=log)


class Line:
    """Forwards connections, and cuts a share of them after a random number of bytes of the answer."""

    def __init__(self, port: int, rng: random.Random, share: float) -> None:
        self._port, self._rng, self._share = port, rng, share
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            limit = self._rng.randrange(700) if self._rng.random() < self._share else None
            self.cuts += limit is not None
            threading.Thread(target=self._forward, args=(client, limit), daemon=True).start()

    def _forward(self, client: socket.socket, limit: int | None) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._port)) as server:
            up = threading.Thread(target=_pump, args=(client, server, None), daemon=True)
            up.start()
            _pump(server, client, limit)
            up.join()


def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    left = float("inf") if limit is None else float(limit)
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk[: int(min(left, len(chunk)))])
            left -= len(chunk)
            if left <= 0:
                break
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def write_card(folder: Path, number: int, url: str, key: str) -> Roots:
    """Write the image on a card, and put it into a board of its own."""
    roots = Roots(folder / f"card-{number}")
    for path in (roots.boot_file, roots.at("/etc/hydrofleet/pi.toml"), roots.device_tree_serial):
        path.parent.mkdir(parents=True)
    roots.boot_file.write_text(f'server_url = "{url}"\nenrollment_key = "{key}"\n')
    roots.at("/etc/hydrofleet/pi.toml").write_text('[probes]\nbus = "simulated"\n')
    roots.device_tree_serial.write_bytes(f"1000000000{number:06x}\0".encode())
    return roots


def boot(roots: Roots) -> tuple[Membership, Transport]:
    """Start the half of the agent that deals with the server, from what is on the card."""
    config = load_agent_config(roots.at("/etc/hydrofleet/pi.toml"), {}, roots=roots)
    assert config.server is not None
    return build_membership(config, config.server, roots, Clock(trusted=True))


def remembered(roots: Roots) -> str | None:
    """Boot once more, and give the name that the Pi has before it asked anybody."""
    membership, transport = boot(roots)
    transport.close()
    return membership.name


def join(roots: Roots, rng: random.Random, deadline: float) -> str | None:
    """Boot until the Pi has its name: every failed try ends in a power cut, and a start from the card."""
    while time.monotonic() < deadline:
        membership, transport = boot(roots)
        with contextlib.suppress(TransportError):
            membership.attempt()
        transport.close()
        if membership.name:
            return membership.name
        time.sleep(rng.uniform(0.0, 0.5))
    return None


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Let all of them join, and count names, devices and uses of the key."""
    rng, pis = random.Random(seed), _PIS[full]
    postgres = EmbeddedPostgres.start(folder / "postgresql", report=lambda _: None)
    engine = make_engine(postgres.url)
    upgrade(engine)
    key, now = make_token(TokenKind.ENROLLMENT), datetime.now(UTC)
    with session_scope(engine) as session:
        add_key(session, key, max_uses=pis, expires_at=now + timedelta(days=1), now=now)
    server = Server(postgres.url, folder / "server.log")
    try:
        server.wait()
        line = Line(server.port, rng, _CUT_SHARE)
        cards = [write_card(folder, number, line.url, key.text) for number in range(1, pis + 1)]
        started = time.monotonic()
        found = _join_all(cards, server, _KILLS, rng)
        seconds = time.monotonic() - started
        with session_scope(engine) as session:
            devices, record = list_devices(session), find_key(session, key.id)
    finally:
        server.stop()
        engine.dispose()
        postgres.stop()
    answered = server.enrollments()
    return {
        "devices": exactly(len(devices), pis),
        "uses_of_the_key": exactly(0 if record is None else record.key.uses, pis),
        "names_missing": none(len({f"pi-{number}" for number in range(1, pis + 1)} - set(found))),
        "names_given_twice": none(len(found) - len(set(found))),
        "answered": at_least(answered.total(), pis),
        "answered_otherwise": none(answered.total() - answered["200"] - answered["201"]),
        "forgotten_by_a_restart": none(sum(remembered(card) != name for card, name in zip(cards, found, strict=True))),
        "answers_cut": at_least(line.cuts, 1),
        "server_killed": exactly(_KILLS, 2),
        "all_joined_after_s": speed(seconds, _WITHIN_S[full], full=full),
    }


def _join_all(cards: list[Roots], server: Server, kills: int, rng: random.Random) -> list[str | None]:
    """Let all join at once; the server is killed whenever the next share of them has a name."""
    deadline = time.monotonic() + _LONGEST_S + _LONGEST_S_PER_PI * len(cards)
    with ThreadPoolExecutor(min(len(cards), 64)) as pool:
        names = [pool.submit(join, card, random.Random(rng.random()), deadline) for card in cards]
        for count in range(1, kills + 1):
            while sum(name.done() for name in names) < len(cards) * count // (kills + 1):
                server.require_alive()
                time.sleep(0.02)
            server.kill_and_restart()
        return [name.result() for name in names]
