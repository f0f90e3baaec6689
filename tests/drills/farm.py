"""The farm that a drill is done to: a cluster, a server, Pis with tokens, somebody who looks at pages."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from models.db import make_engine, session_scope
from models.migrate import upgrade
from models.tables import ReadToken
from models.tokens import TokenKind, make_token
from models.write.devices import add_token, register_device
from models.write.people import create_user, start_session
from tests.drills.cluster import Cluster
from tests.drills.server import Server

#: Readings of a drill begin here: every one of them lies in the past, and after its device was made.
BEFORE_NOW = timedelta(days=20)


@dataclass(frozen=True)
class Member:
    """A Pi of the farm, by what the server knows of it."""

    name: str
    device_id: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The credential, as it is sent."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Farm:
    """Everything is real, and everything is this drill's own."""

    folder: Path
    cluster: Cluster
    server: Server
    engine: Engine
    pis: list[Member]
    #: Headers of a program with a read token, and of somebody's browser.
    reader: dict[str, str]
    browser: dict[str, str]
    #: How long the server took to be ready, before anybody asked it anything.
    quiet_start_s: float


@contextmanager
def farm(folder: Path, *, pis: int, cluster: Cluster | None = None) -> Iterator[Farm]:
    """Set up a farm in a folder, with a server that is ready; everything ends with the context."""
    cluster = cluster or Cluster(folder / "pg")
    try:
        engine = make_engine(cluster.url)
        upgrade(engine)
        members = register(engine, pis)
        reader, browser = _let_in_reader(engine), let_in(engine, "sari", "viewer")
        server = Server(cluster.url, folder, data_dir=cluster.data_dir)
        try:
            quiet_start_s = server.wait_until_ready()
            yield Farm(folder, cluster, server, engine, members, reader, browser, quiet_start_s)
        finally:
            server.stop()
            engine.dispose()
    finally:
        cluster.stop()


def register(engine: Engine, count: int) -> list[Member]:
    """Register Pis, a month ago."""
    now = datetime.now(UTC)
    members = []
    with session_scope(engine) as session:
        for number in range(1, count + 1):
            token = make_token(TokenKind.DEVICE)
            record = register_device(session, f"pi-{number}", now=now - timedelta(days=30))
            add_token(session, record.id, token.id, token.digest, now=now)
            members.append(Member(record.name, record.id, token.text))
    return members


def _let_in_reader(engine: Engine) -> dict[str, str]:
    token, until = make_token(TokenKind.READ), datetime.now(UTC) + timedelta(days=1)
    values = {"id": token.id, "digest": token.digest, "note": "drill", "expires_at": until}
    with session_scope(engine) as session:
        session.execute(insert(ReadToken).values(values))
    return {"Authorization": f"Bearer {token.text}"}


def let_in(engine: Engine, name: str, role: str) -> dict[str, str]:
    """Give the headers of the browser of somebody who is logged in."""
    cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
    digest = hashlib.sha256(cookie.encode()).digest()
    with session_scope(engine) as session:
        person = create_user(session, name, role, "never typed")
        start_session(session, person.id, digest, now=now, expires_at=now + timedelta(days=1))
    return {"Cookie": f"hf={cookie}", "Sec-Fetch-Site": "same-origin"}
