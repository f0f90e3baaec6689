"""The way into PostgreSQL: one engine per process, one transaction per use case."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from models.arrays import register_arrays
from models.direct import register_trips
from models.errors import UnsupportedDatabase

#: How long a request may wait for a free connection before it is told to come back later.
POOL_TIMEOUT_S = 5.0
#: Connections beyond ``pool_size`` for short peaks; they are closed again when idle.
MAX_OVERFLOW = 5

# A dead peer is noticed within half a minute instead of the kernel's two hours (TCP only; ignored on sockets).
_KEEPALIVE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


def make_engine(
    url: str | URL, *, read_only: bool = False, statement_timeout_s: float = 15.0, pool_size: int = 10
) -> Engine:
    """Make the engine for a ``postgresql://`` (or ``postgresql+psycopg://``) address; nothing connects yet.

    Every connection speaks UTC, has a statement timeout (0 switches it off), no JIT (it costs more than our short
    queries take), and is checked before use, so that a restarted database costs no request. ``read_only``
    connections cannot write.

    Raises
    ------
    UnsupportedDatabase
        If the address names another database or driver.
    """
    engine = create_engine(
        _psycopg_url(url),
        pool_pre_ping=True,
        # The same few connections for most of the time: their statements are prepared, their catalog is read.
        pool_use_lifo=True,
        pool_size=pool_size,
        max_overflow=MAX_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={
            **_KEEPALIVE,
            "application_name": "hydrofleet",
            "options": _session_options(read_only, statement_timeout_s),
        },
    )
    register_arrays(engine)
    register_trips(engine)
    return engine


def ping(engine: Engine) -> None:
    """Ask the database for an answer.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If it gives none.
    """
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@contextmanager
def session_scope(engine: Engine) -> Iterator[Session]:
    """Give a session that commits when the block ends well, rolls back when it raises, and is always closed."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def _psycopg_url(url: str | URL) -> URL:
    parsed = make_url(url)
    if parsed.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise UnsupportedDatabase(
            f"hydrofleet stores its readings in PostgreSQL, but the database address begins with "
            f"{parsed.drivername!r}; write it as postgresql://user:password@host/database"
        )
    return parsed.set(drivername="postgresql+psycopg")


def _session_options(read_only: bool, statement_timeout_s: float) -> str:
    settings = {
        "timezone": "UTC",
        "jit": "off",
        "statement_timeout": str(round(statement_timeout_s * 1000)),
        "default_transaction_read_only": "on" if read_only else "off",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
