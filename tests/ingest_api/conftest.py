"""The machine API on a real database, and devices that may talk to it."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from ingest_api import create_blueprint
from models.db import make_engine, session_scope
from models.read.devices import DeviceRecord
from models.roles import Role
from models.tokens import Token, TokenKind, make_token
from models.write.devices import add_token, register_device
from tests.listening import listening

HOUR = timedelta(hours=1)


@dataclass
class Pi:
    """A registered device with its token."""

    record: DeviceRecord
    token: Token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.text}"}


@dataclass(frozen=True)
class Somebody:
    """A person who is logged in."""

    name: str
    role: Role


@dataclass
class Api:
    """The API behind a client; ``now`` is its clock, ``is_person`` whether somebody is logged in, with ``role``."""

    engine: Engine
    now: datetime
    is_person: bool = False
    role: Role = Role.VIEWER
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = Flask("test")
        self.app.register_blueprint(create_blueprint(self.engine, clock=lambda: self.now, person=self._person))

    def _person(self) -> Somebody | None:
        return Somebody("sari", self.role) if self.is_person else None

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def register(self, name: str, **options: Any) -> Pi:
        token = make_token(TokenKind.DEVICE)
        with session_scope(self.engine) as session:
            record = register_device(session, name, **{"now": self.now - 30 * 24 * HOUR, **options})
            add_token(session, record.id, token.id, token.digest, now=self.now)
        return Pi(record, token)

    def post(self, pi: Pi, body: Any, **headers: str) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **pi.headers}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/api/v1/readings", data=data, headers=given)

    def post_gzip(self, pi: Pi, body: Any) -> TestResponse:
        return self.post(pi, gzip.compress(json.dumps(body).encode()), Content_Encoding="gzip")


@pytest.fixture
def api(engine: Engine, now: datetime) -> Api:
    return Api(engine, now)


@pytest.fixture
def pi(api: Api) -> Pi:
    """A device of a hydroponic tank, registered 30 days ago."""
    return api.register("pi-7")


@pytest.fixture(scope="module")
def lasting_api(make_lasting_database: Callable[..., str], template_database: str) -> Iterator[Api]:
    """The API on a database that all tests of a module share: for requests that store no reading."""
    engine = make_engine(make_lasting_database(template_database))
    yield Api(engine, datetime(2026, 11, 23, 0, 30, tzinfo=UTC))
    engine.dispose()


@pytest.fixture(scope="module")
def lasting_pi(lasting_api: Api) -> Pi:
    """The device of ``lasting_api``."""
    return lasting_api.register("pi-7")


@pytest.fixture
def served(api: Api) -> Iterator[httpx.Client]:
    """The API behind the real HTTP server, as in production but for the limits under test."""
    with (
        listening(api.app, threads=4, max_request_body_size=4 << 20) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client
