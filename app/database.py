"""One way to the database for every command: the PostgreSQL that is configured, or the embedded one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, make_url

from app.settings import Settings
from models.db import make_engine
from models.grants import let_application_in, let_reader_in
from models.migrate import upgrade

Report = Callable[[str], None]


def quiet(_: str) -> None:
    """Report nothing."""


@contextmanager
def open_database(settings: Settings, report: Report = quiet) -> Iterator[Engine]:
    """Yield an engine on a migrated database; stop on exit whatever was started for it.

    With ``HYDROFLEET_DATABASE_URL`` unset the embedded PostgreSQL in ``settings.data_dir`` is joined if a server of
    that directory is running, and otherwise started for as long as this context lasts. There, and wherever
    ``HYDROFLEET_OWNER_DATABASE_URL`` names the role that owns the tables, the engine's role may not change tables or
    the audit log.
    """
    with _addresses(settings, report) as (owner, application, reader):
        _migrate(owner, application, reader)
        engine = make_engine(application, pool_size=settings.threads)
        try:
            yield engine
        finally:
            engine.dispose()


def _migrate(owner: str, application: str, reader: str | None) -> None:
    engine = make_engine(owner, pool_size=1)
    try:
        upgrade(engine)
        role = make_url(application).username
        if owner != application and role:
            with engine.begin() as connection:
                let_application_in(connection, role)
        if reader and (name := make_url(reader).username):
            with engine.begin() as connection:
                let_reader_in(connection, name)
    finally:
        engine.dispose()


@contextmanager
def _addresses(settings: Settings, report: Report) -> Iterator[tuple[str, str, str | None]]:
    """Give the addresses of the tables' owner, of the application, and of who may only read, if there is one."""
    if settings.database_url:
        yield settings.owner_database_url or settings.database_url, settings.database_url, settings.reader_database_url
        return
    from models.embedded import EmbeddedPostgres  # not needed, and perhaps not installed, beside a real PostgreSQL

    server = EmbeddedPostgres.start(settings.data_dir / "postgresql", report)
    try:
        yield server.url, server.application_url, server.reader_url
    finally:
        server.stop()
