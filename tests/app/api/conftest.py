"""Programs and people who talk to the API of a whole server."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from app.principal import COMMAND_LINE
from app.read_tokens import ReadTokens
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.tokens import TokenKind, make_token
from models.write.devices import add_token, register_device
from models.write.people import create_user, start_session

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API: a browser with a session, or a program with a token."""

    client: Any
    headers: dict[str, str]

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def send(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.headers)


@pytest.fixture
def person(server: Flask, engine: Engine, now: datetime) -> Callable[..., Caller]:
    """Let somebody be logged in with a role; how one logs in is another test's business."""

    def person(role: str) -> Caller:
        cookie = secrets.token_urlsafe(32)
        digest = hashlib.sha256(cookie.encode()).digest()
        with session_scope(engine) as session:
            user = create_user(session, f"a-{role}", role, "never typed")
            start_session(session, user.id, digest, now=now, expires_at=now + timedelta(days=1))
        return Caller(server.test_client(use_cookies=False), {**OWN_PAGE, "Cookie": f"hf={cookie}"})

    return person


@pytest.fixture
def agronomist(person: Callable[..., Caller]) -> Caller:
    return person("agronomist")


@pytest.fixture
def admin(person: Callable[..., Caller]) -> Caller:
    return person("admin")


@pytest.fixture
def program(server: Flask, engine: Engine, now: datetime) -> Callable[..., Caller]:
    """Give a program with a read token of its own."""

    def program(devices: Sequence[str] | None = None, days: float = 30) -> Caller:
        tokens = ReadTokens(engine, lambda: now)
        token = tokens.create("a test", expires_at=now + timedelta(days=days), devices=devices, by=COMMAND_LINE)
        return Caller(server.test_client(), {"Authorization": f"Bearer {token.text}"})

    return program


@pytest.fixture
def tank(engine: Engine, now: datetime) -> DeviceRecord:
    """A tank that has been there for 60 days."""
    with session_scope(engine) as session:
        return register_device(session, "pi-7", site="north", now=now - timedelta(days=60))


@pytest.fixture
def send_minutes(server: Flask, engine: Engine, now: datetime) -> Callable[..., None]:
    """Let a tank send a reading a minute, the last one a minute ago, with the values given by field."""

    def send(tank: DeviceRecord, **values: Sequence[float]) -> None:
        token = make_token(TokenKind.DEVICE)
        with session_scope(engine) as session:
            add_token(session, tank.id, token.id, token.digest, now=now)
        count = len(next(iter(values.values())))
        items = [
            {
                "ts": (now - timedelta(minutes=count - place)).isoformat(),
                **{name: given[place] for name, given in values.items()},
            }
            for place in range(count)
        ]
        answer = server.test_client().post(
            "/api/v1/readings", json={"readings": items}, headers={"Authorization": f"Bearer {token.text}"}
        )
        assert answer.get_json()["accepted"] == count

    return send
