"""The way into PostgreSQL: a connection that died while nobody used it costs no request."""

import psycopg
from sqlalchemy import Engine, text

from models.db import ping

END_THE_OTHERS = (
    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_connections_that_died_while_idle_are_replaced_before_they_are_used(engine: Engine, database_url: str):
    with engine.connect() as first, engine.connect() as second:
        first.execute(text("SELECT 1"))
        second.execute(text("SELECT 1"))
    with psycopg.connect(database_url) as other:
        ended = other.execute(END_THE_OTHERS).fetchone()

    ping(engine)

    assert ended == (2,)
