"""The embedded database is served by a role that can neither change its tables nor rewrite the audit log."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

import models
from app.database import open_database
from app.people.desk import People
from app.principal import COMMAND_LINE, Role
from app.settings import load_settings
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.grants import READABLE
from models.partitions import ensure_months
from models.read.audit import AuditQuery, search_audit
from models.tables import Base
from models.write.devices import register_device


@pytest.fixture(scope="module")
def served_data_dir() -> Iterator[Path]:
    # pytest's own directory is closed to the user that PostgreSQL runs as when the tests are root's.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        yield Path(directory) / "data"


@pytest.fixture(scope="module")
def served(served_data_dir: Path) -> Iterator[Engine]:
    """The engine that a server works with, opened for the second time."""
    settings = load_settings(data_dir=served_data_dir)
    with open_database(settings), open_database(settings) as engine:
        yield engine


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DROP TRIGGER audit_log_append_only ON audit_log",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE audit_log",
        "ALTER TABLE users ADD COLUMN backdoor text",
        "UPDATE alembic_version SET version_num = '0000'",
        "CREATE ROLE mallory SUPERUSER",
        "COPY users TO PROGRAM 'cat'",
    ],
)
def test_the_application_may_not(served: Engine, statement: str):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|superuser)"),
        served.begin() as session,
    ):
        session.execute(text(statement))


def test_the_application_does_its_work(served: Engine, now):
    People(served, lambda: now).add("ratna", Role.ADMIN, "correct horse battery", by=COMMAND_LINE)
    with served.begin() as connection:
        ensure_months(connection, [date(2031, 5, 1)])
    with session_scope(served) as session:
        device = register_device(session, "pi-2", now=now)
        sent = SentReadings.of(device.id, [int(now.timestamp() * 1000) - 60_000], ph=6.0, ec_us_cm=1700.0, water_c=20.0)
        take_in(session, {device.id: device}, sent, now=now)

    with session_scope(served) as session:
        assert [entry.action for entry in search_audit(session, AuditQuery())][-1] == "add-user"
        assert session.execute(text("SELECT count(*) FROM readings")).scalar_one() == 1


def test_the_application_owns_the_readings_and_nothing_else(served: Engine):
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
    with served.connect() as connection:
        owned = set(connection.scalars(text(query)))

    assert {name for name in owned if not name.startswith("readings_")} == {"readings"}


def test_settings_name_the_owner_of_an_own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HYDROFLEET_OWNER_DATABASE_URL", "postgresql://owner@db/hydrofleet")

    assert load_settings().owner_database_url == "postgresql://owner@db/hydrofleet"


@pytest.fixture
def two_roles(postgres_url: str) -> Iterator[tuple[str, str]]:
    """A database of one's own made as docs/people.md says; the addresses of its owner and of the application."""
    administration = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    owner, application, database = (f"{name}_{uuid4().hex[:8]}" for name in ("owner", "application", "farm"))
    with administration.connect() as connection:
        for statement in (
            f"CREATE ROLE {application} LOGIN PASSWORD 'a'",
            f"CREATE ROLE {owner} LOGIN PASSWORD 'o'",
            f"GRANT {application} TO {owner}",
            f"CREATE DATABASE {database} OWNER {owner}",
        ):
            connection.execute(text(statement))
    address = make_url(postgres_url).set(database=database)
    yield tuple(
        address.set(username=name, password=password).render_as_string(hide_password=False)
        for name, password in ((owner, "o"), (application, "a"))
    )
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {database} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {owner}"))
        connection.execute(text(f"DROP ROLE {application}"))
    administration.dispose()


def test_two_roles_do_the_same_on_a_database_of_ones_own(two_roles: tuple[str, str], tmp_path: Path, now):
    owner, application = two_roles
    settings = load_settings(data_dir=tmp_path, database_url=application, owner_database_url=owner)

    with open_database(settings) as engine, engine.begin() as connection:
        ensure_months(connection, [date(2031, 5, 1)])
    # Opened again, the owner migrates what the application has made meanwhile.
    with open_database(settings) as engine:
        People(engine, lambda: now).add("ratna", Role.ADMIN, "correct horse battery", by=COMMAND_LINE)
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(text("DELETE FROM audit_log"))
        with pytest.raises(ProgrammingError, match="must be owner"), engine.begin() as connection:
            connection.execute(text("DROP TRIGGER audit_log_append_only ON audit_log"))


@pytest.fixture(scope="module")
def notebook(served: Engine, served_data_dir: Path) -> Iterator[Engine]:
    """The engine of somebody who opens the data directory in a notebook, with what the role alone begins with."""
    server = EmbeddedPostgres.start(served_data_dir / "postgresql", lambda _: None)
    engine = create_engine(server.reader_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()
    server.stop()


@pytest.mark.parametrize("table", sorted(READABLE))
def test_a_notebook_may_read(notebook: Engine, table: str):
    columns = ", ".join(READABLE[table]) or "*"
    with notebook.begin() as connection:
        connection.execute(text(f"SELECT {columns} FROM {table} LIMIT 1"))  # noqa: S608 (own names)


@pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) - set(READABLE)))
def test_a_notebook_may_not_read_what_no_notebook_needs(notebook: Engine, table: str):
    with pytest.raises(ProgrammingError, match="permission denied"), notebook.begin() as connection:
        connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 (own names)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users",
        "SET TRANSACTION READ WRITE; DELETE FROM readings",
        "SET TRANSACTION READ WRITE; INSERT INTO crops (key) VALUES ('hemp')",
        "SET TRANSACTION READ WRITE; CREATE TABLE mine (id int)",
        "SET ROLE hydrofleet_app",
    ],
)
def test_a_notebook_may_not(notebook: Engine, statement: str):
    with pytest.raises(ProgrammingError, match="permission denied"), notebook.begin() as connection:
        connection.execute(text(statement))


def test_a_notebook_begins_read_only_and_with_a_limit_of_time(notebook: Engine):
    with notebook.begin() as connection:
        assert connection.execute(text("SHOW default_transaction_read_only")).scalar_one() == "on"
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1min"


def test_a_notebook_opens_the_data_directory_of_a_server_that_runs(served: Engine, served_data_dir: Path):
    with models.connect(served_data_dir) as fleet:
        assert len(fleet.calibrations()) == 0
        assert "hydrofleet_reader" in repr(fleet)


@pytest.fixture
def reader(postgres_url: str) -> Iterator[str]:
    """A role without any rights, which goes when its databases are gone."""
    name = f"reader_{uuid4().hex[:8]}"
    administration = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'r'"))
        yield name
        connection.execute(text(f"DROP ROLE {name}"))
    administration.dispose()


def test_a_reader_of_ones_own_database_is_let_in(reader: str, two_roles: tuple[str, str], tmp_path: Path):
    owner, application = two_roles
    address = make_url(owner).set(username=reader, password="r").render_as_string(hide_password=False)
    settings = load_settings(
        data_dir=tmp_path, database_url=application, owner_database_url=owner, reader_database_url=address
    )

    with open_database(settings), models.connect(address) as fleet:
        assert fleet.devices().empty
