"""What every measurement needs: a cluster, a fleet, its requests, servers in processes of their own, their CPU time."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import pi, sin
from pathlib import Path

from sqlalchemy import Engine, text

from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.partitions import ensure_months
from models.tokens import TokenKind, make_token
from models.write.devices import add_token, expand_names, register_device

FLEET = 99
#: How long ago the first reading is.
_DAYS_BACK = 300
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Stage:
    """A migrated cluster with a fleet; ``start`` is before every reading that is sent."""

    engine: Engine
    url: str
    directory: Path
    tokens: list[str]
    start: datetime
    _sent: dict[int, int] = field(default_factory=dict)

    def readings(self, device: int, count: int, *, seconds_apart: int = 60) -> list[dict[str, object]]:
        """Make the next readings of a device, each with a time of its own."""
        first = self._sent.get(device, 0)
        self._sent[device] = first + count
        return [reading(self.start + timedelta(seconds=seconds_apart * n), n) for n in range(first, first + count)]

    def post(self, device: int, readings: Sequence[dict[str, object]], *, pack: bool = False) -> bytes:
        """Write a whole HTTP request, as an agent sends it."""
        envelope = {"stream": f"{device:06x}", "sent_at": stamp(datetime.now(UTC)), "dropped": 0, "agent": "0.2.0"}
        body = json.dumps({**envelope, "interval_s": 60, "readings": readings}, separators=(",", ":")).encode()
        encoding = "Content-Encoding: gzip\r\n" if pack else ""
        body = gzip.compress(body, 6) if pack else body
        head = (
            f"POST /api/v1/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.tokens[device]}\r\n"
            f"Content-Type: application/json\r\n{encoding}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def empty(self) -> None:
        """Forget all readings and what follows from them."""
        with self.engine.begin() as connection:
            connection.execute(
                text("TRUNCATE readings, reading_hours, reading_days, dirty_hours, device_state, streams, quarantine")
            )
        self._sent.clear()


@dataclass
class Server:
    """A server in a process of its own."""

    port: int
    process: "subprocess.Popen[str]"


def reading(at: datetime, number: int) -> dict[str, object]:
    """Make one reading as a Pi sends it; the water warms and cools by a day, in the steps of a DS18B20."""
    water_c = 21.5 + 1.5 * sin(2 * pi * at.timestamp() / 86_400) + number % 5 / 32
    measured = {"ph_mv": 1650.0 + number % 97 / 10, "ec_mv": 1200.0 + number % 89 / 10}
    measured["water_c"] = round(16 * water_c) / 16
    return {"seq": number, "ts": stamp(at), **measured, "clock": "synced"}


def stamp(moment: datetime) -> str:
    """Write a time as agents do."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def stage() -> Iterator[Stage]:
    """Give a fleet of 99 on a cluster of its own, on the disk of the temporary directory."""
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        cluster = EmbeddedPostgres.start(directory / "postgresql", report=lambda _: None)
        try:
            engine = make_engine(cluster.url, statement_timeout_s=0)
            upgrade(engine)
            now = datetime.now(UTC)
            with engine.begin() as connection:  # as on any server, where months are made before they begin
                ensure_months(connection, {now.date() - timedelta(days=day) for day in range(_DAYS_BACK + 1)})
            tokens = _register_fleet(engine, now - timedelta(days=400))
            yield Stage(engine, cluster.url, directory, tokens, now - timedelta(days=_DAYS_BACK))
            engine.dispose()
        finally:
            cluster.stop()


def _register_fleet(engine: Engine, registered_at: datetime) -> list[str]:
    tokens = []
    with session_scope(engine) as session:
        for name in expand_names(f"pi-1..pi-{FLEET}"):
            token = make_token(TokenKind.DEVICE)
            device = register_device(session, name, now=registered_at)
            add_token(session, device.id, token.id, token.digest, now=registered_at)
            tokens.append(token.text)
    return tokens


@contextmanager
def serving(on: Stage, *switches: str) -> Iterator[Server]:
    """Run a server on the cluster of a stage; see ``served.py`` for the switches."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest.served", on.url, str(on.directory), *switches]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(int(process.stdout.readline()), process)
        finally:
            process.communicate()


def cpu_s(on: Stage, server: Server) -> float:
    """Give the processor time that a server and the cluster have used since they started."""
    postmaster = int(next(on.directory.rglob("postmaster.pid")).read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    ended = sum(map(int, _fields(postmaster)[13:15])) * _TICK_S
    return ended + sum(_own_cpu_s(int(each)) for each in (server.process.pid, postmaster, *children))


def _own_cpu_s(pid: int) -> float:
    return sum(map(int, _fields(pid)[11:13])) * _TICK_S


def _fields(pid: int) -> list[str]:
    """Give the numbers of /proc/PID/stat after the command's name, which may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
