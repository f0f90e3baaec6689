"""A real PostgreSQL for every test that wants one: ``engine`` is a fresh, migrated database of its own.

Set HYDROFLEET_TEST_DATABASE_URL (a user who may create databases) to use a server that runs already; otherwise the
bundled one is started in a temporary directory, once for all worker processes of a run, and removed afterwards.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade

#: Half past seven in the morning of a Monday in Jakarta.
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
_NUMBERS = count(1)


@pytest.fixture
def now() -> datetime:
    """The moment at which every test happens: 2026-11-23 00:30 UTC."""
    return NOW


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """The address of a PostgreSQL server in which databases may be made."""
    given = os.environ.get("HYDROFLEET_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with _shared_directory(worker_id) as directory:
        server = EmbeddedPostgres.start(directory, report=print)
        yield server.url
        server.stop()


@pytest.fixture(scope="session")
def administration(postgres_url: str) -> Iterator[Engine]:
    """A connection that makes and drops databases."""
    engine = make_engine(postgres_url, statement_timeout_s=120).execution_options(isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def make_lasting_database(administration: Engine, postgres_url: str, worker_id: str) -> Iterator[Callable[..., str]]:
    """Give a function that makes a database (``template=`` to copy one) for the whole run and tells its address."""
    with _databases(administration, postgres_url, f"{worker_id}_lasting") as make:
        yield make


@pytest.fixture
def make_database(administration: Engine, postgres_url: str, worker_id: str) -> Iterator[Callable[..., str]]:
    """Give a function that makes a database (``template=`` to copy one) for this test and tells its address."""
    with _databases(administration, postgres_url, worker_id) as make:
        yield make


@contextmanager
def _databases(administration: Engine, postgres_url: str, label: str) -> Iterator[Callable[..., str]]:
    """Drop at the end what was made: thousands of databases of some megabytes each would not fit into memory."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        name = f"hydrofleet_test_{os.getpid()}_{label}_{next(_NUMBERS)}"
        with administration.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        made.append(name)
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    with administration.connect() as connection:
        for name in made:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def template_database(make_lasting_database: Callable[..., str]) -> str:
    """The name of a migrated, otherwise empty database to copy."""
    url = make_lasting_database()
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture
def database_url(make_database: Callable[..., str], template_database: str) -> str:
    """The address of a fresh, migrated database that no other test sees."""
    return make_database(template_database)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database that no other test sees."""
    fresh = make_engine(database_url)
    yield fresh
    fresh.dispose()


@pytest.fixture
def empty_engine(make_database: Callable[..., str]) -> Iterator[Engine]:
    """An engine on a database without any table."""
    fresh = make_engine(make_database())
    yield fresh
    fresh.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on a fresh database; it commits at the end of the test."""
    with session_scope(engine) as opened:
        yield opened


@pytest.fixture(scope="session")
def worker_id() -> str:
    """The name of this process under pytest-xdist, "main" without it."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@contextmanager
def _shared_directory(worker_id: str) -> Iterator[Path]:
    """Give the data directory that all workers of this run share; the first one makes it, the last one removes it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    directory = _fast_directory() / f"hydrofleet-tests-{run[:12]}"
    member = directory / f"in-use-by-{worker_id}"
    directory.mkdir(mode=0o711, exist_ok=True)
    member.touch()
    try:
        yield directory
    finally:
        member.unlink()
        if not any(directory.glob("in-use-by-*")):
            shutil.rmtree(directory, ignore_errors=True)


def _fast_directory() -> Path:
    """Prefer memory over disk: the tests make a database each, and none of them needs to survive a power cut."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return memory if roomy else Path(tempfile.gettempdir())
