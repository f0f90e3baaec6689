"""A small fleet with a history, opened by its database and by its server."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from flask import Flask
from sqlalchemy import Engine

import models
from app.annotations import Annotations
from app.demo.load import load_fleet
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from app.read_tokens import ReadTokens
from app.server import create_server
from app.settings import load_settings
from models.db import make_engine, session_scope
from models.frames.fleet import Fleet
from models.frames.server import ServerSource
from models.write.events import EventRow
from tests.conftest import NOW


@pytest.fixture(scope="module")
def farm(make_lasting_database: Callable[..., str], template_database: str) -> str:
    """The address of a database with three Pis of which two days are known, a reading every five minutes."""
    url = make_lasting_database(template_database)
    engine = make_engine(url)
    with session_scope(engine) as session:
        load_fleet(session, 3, days=2, every_s=300, now=NOW, progress=lambda _: None)
    refresh_dirty_hours(engine, now=NOW)
    told = EventRow("note", NOW - timedelta(hours=2, microseconds=-1500), None, {"ec_change": 12.5}, "a leaf fell in")
    Annotations(engine, lambda: NOW).add("pi-2", told, by=COMMAND_LINE)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def database(farm: str) -> Iterator[Fleet]:
    with models.connect(farm) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def farm_engine(farm: str) -> Iterator[Engine]:
    engine = make_engine(farm)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def farm_server(farm_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    settings = load_settings(data_dir=tmp_path_factory.mktemp("data"), log_format="console")
    return create_server(settings, farm_engine, clock=lambda: NOW)


@pytest.fixture(scope="module")
def read_token(farm_engine: Engine) -> str:
    tokens = ReadTokens(farm_engine, lambda: NOW)
    return tokens.create("a notebook", expires_at=NOW + timedelta(days=1), devices=None, by=COMMAND_LINE).text


@pytest.fixture(scope="module")
def over_http(farm_server: Flask) -> Callable[[str], Fleet]:
    """Open the server, which runs in this process, with a token."""

    def open_server(token: str) -> Fleet:
        client = httpx.Client(
            transport=httpx.WSGITransport(app=farm_server),
            base_url="http://farm/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
        )
        return Fleet(ServerSource(client))

    return open_server


@pytest.fixture(scope="module")
def http(over_http: Callable[[str], Fleet], read_token: str) -> Iterator[Fleet]:
    with over_http(read_token) as fleet:
        yield fleet
