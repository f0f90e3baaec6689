"""Statements that go straight to psycopg, inside the session's transaction, in as few trips as can be.

They are for what runs with every post. PostgreSQL answers such a statement in less time than SQLAlchemy spends around
it, and than its way there and back takes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.abc import QueryNoTemplate
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Parameters = Mapping[str, Any]
DriverConnection = psycopg.Connection[tuple[Any, ...]]

_WAITING = "hydrofleet.waiting"


class _Statement(NamedTuple):
    query: str
    parameters: Parameters | None


def tell(session: Session, query: str, parameters: Parameters | None = None) -> None:
    """Run a statement whose answer nobody wants: it waits for the next trip, at the latest for that of COMMIT.

    Whatever is asked of the session afterwards finds it done. Placeholders are psycopg's own (``%(name)s``).

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        Not here, but from what makes the next trip.
    """
    session.connection().info.setdefault(_WAITING, []).append(_Statement(query, parameters))


def ask(
    session: Session, query: str, parameters: Parameters | None = None, *, binary: bool = False
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run a statement for its rows, after all that waits; ``binary`` gives arrays as numpy arrays.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        As from every other statement.
    """
    with driver_connection(session.connection(), query) as (connection, waiting), _one_trip(connection, waiting):
        return connection.execute(cast("QueryNoTemplate", query), parameters, binary=binary)


def make_trip(connection: Connection) -> None:
    """Run all that waits.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If one of the statements fails; those after it are not run then.
    """
    if connection.info.get(_WAITING):
        with driver_connection(connection, "several statements") as (driver, waiting), _one_trip(driver, waiting):
            pass


def register_trips(engine: Engine) -> None:
    """Let what waits be run before anything else that SQLAlchemy runs, or forgotten with its transaction."""

    @event.listens_for(engine, "before_cursor_execute")
    def _(connection: Connection, *_: object) -> None:
        make_trip(connection)

    @event.listens_for(engine, "commit")
    def _(connection: Connection) -> None:
        """Take COMMIT along; SQLAlchemy's own then finds nothing to do, nor does it roll back what failed here."""
        if connection.info.get(_WAITING):
            with (
                driver_connection(connection, "COMMIT") as (driver, waiting),
                _rolled_back_if_it_fails(driver),
                _one_trip(driver, waiting),
            ):
                driver.execute("COMMIT")

    @event.listens_for(engine, "rollback")
    @event.listens_for(engine, "rollback_savepoint")
    def _(connection: Connection, *_: object) -> None:
        if not connection.invalidated:  # what waited for a connection that is gone went with it
            connection.info.pop(_WAITING, None)


@contextmanager
def driver_connection(connection: Connection, statement: str) -> Iterator[tuple[DriverConnection, list[_Statement]]]:
    """Give psycopg's connection and what waits for it; errors come as SQLAlchemy's, telling the statement.

    A connection that an error has made useless is given up.
    """
    driver = cast("DriverConnection", connection.connection.driver_connection)
    try:
        yield driver, connection.info.pop(_WAITING, [])
    except psycopg.Error as error:
        if driver.closed or driver.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF:
            connection.invalidate(error)
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


@contextmanager
def _rolled_back_if_it_fails(connection: DriverConnection) -> Iterator[None]:
    try:
        yield
    except psycopg.Error:
        with suppress(psycopg.Error):  # there may be no connection any more
            connection.rollback()
        raise


@contextmanager
def _one_trip(connection: DriverConnection, waiting: list[_Statement]) -> Iterator[None]:
    """Send what waits and what is run in the block without waiting for answers in between."""
    with connection.pipeline() if waiting else nullcontext():
        for query, parameters in waiting:
            connection.execute(cast("QueryNoTemplate", query), parameters)
        yield
