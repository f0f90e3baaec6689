"""A whole server on a database of its own, people who may log in, and a clock that tests can turn."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from app.passwords import hash_password
from app.server import create_server
from app.settings import Settings, load_settings
from models.db import session_scope
from models.write.people import create_user

PASSWORD = "correct horse battery"
#: What a browser sends with a form of our own page.
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Clock:
    """Tells the time it is set to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **forward: float) -> None:
        """Turn the clock forward, for example by ``hours=12``."""
        self.at += timedelta(**forward)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, log_format="console")


@pytest.fixture
def server(settings: Settings, engine: Engine, clock: Clock) -> Flask:
    return create_server(settings, engine, clock=clock)


@pytest.fixture
def client(server: Flask) -> FlaskClient:
    """A browser that has not logged in."""
    return server.test_client()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def add_person(engine: Engine, password_hash: str) -> Callable[..., None]:
    """Add a person with the common password."""

    def add(name: str, role: str = "viewer") -> None:
        with session_scope(engine) as session:
            create_user(session, name, role, password_hash)

    return add


@pytest.fixture
def log_in(add_person: Callable[..., None]) -> Callable[..., TestResponse]:
    """Fill in the login page as a browser does and send it."""

    def log_in(client: FlaskClient, name: str = "sari", password: str = PASSWORD, **fields: str) -> TestResponse:
        page = client.get("/login").text
        token = re.search(r'name="token" value="([^"]+)"', page)
        form = {"name": name, "password": password, "token": token[1] if token else "", **fields}
        return client.post("/login", data=form, headers=OWN_PAGE)

    return log_in


@pytest.fixture
def viewer(client: FlaskClient, add_person: Callable[..., None], log_in: Callable[..., TestResponse]) -> FlaskClient:
    """A browser in which Sari, who may look at everything and change nothing, has logged in."""
    add_person("sari")
    assert log_in(client).status_code == 303
    return client
