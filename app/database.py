"""One way to the database for every command: the PostgreSQL that is configured, or the embedded one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from app.settings import Settings
from models.db import make_engine
from models.migrate import upgrade

Report = Callable[[str], None]


def quiet(_: str) -> None:
    """Report nothing."""


@contextmanager
def open_database(settings: Settings, report: Report = quiet) -> Iterator[Engine]:
    """Yield an engine on a migrated database; stop on exit whatever was started for it.

    With ``HYDROFLEET_DATABASE_URL`` unset the embedded PostgreSQL in ``settings.data_dir`` is joined if a server of
    that directory is running, and otherwise started for as long as this context lasts.
    """
    with _database_url(settings, report) as url:
        engine = make_engine(url, pool_size=settings.threads)
        try:
            upgrade(engine)
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _database_url(settings: Settings, report: Report) -> Iterator[str]:
    if settings.database_url:
        yield settings.database_url
        return
    from models.embedded import EmbeddedPostgres  # not needed, and perhaps not installed, beside a real PostgreSQL

    server = EmbeddedPostgres.start(settings.data_dir / "postgresql", report)
    try:
        yield server.url
    finally:
        server.stop()
