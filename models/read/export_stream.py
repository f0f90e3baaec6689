"""Rows out of PostgreSQL in blocks, as it writes them: no row becomes an object, and no thread is kept waiting.

The usual way to read a COPY holds Python's global lock while it waits for the network, which stops every other request
of the server for up to half a second at a time. So the wire is asked without blocking, and waited for with poll.
"""

import select
from collections.abc import Iterator
from typing import cast

import psycopg
from psycopg import pq, sql
from psycopg.errors import error_from_result
from sqlalchemy import Connection, Engine, text

#: Big enough that a block costs little, small enough that many of them cost little memory.
BLOCK_BYTES = 256 * 1024
#: A database that is working says so with rows; without any for this long the server looks whether it is still there.
_LOOK_MS = 1000


def open_reading(engine: Engine) -> Connection:
    """Open a connection that sees one moment, changes nothing, and may take as long as its reader does."""
    connection = engine.connect()
    try:
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    except BaseException:
        connection.close()
        raise
    return connection


def set_time_zone(connection: Connection, zone: str) -> None:
    """Let the rest of the connection's transaction write times as on the clocks of a zone."""
    connection.execute(text("SELECT set_config('TimeZone', :zone, true)"), {"zone": zone})


def copy_blocks(connection: Connection, statement: sql.Composed) -> Iterator[bytes]:
    """Run a ``COPY … TO STDOUT`` inside the connection's transaction; give its bytes in whole rows.

    A caller that does not read to the end has to invalidate the connection: see :func:`give_up`.

    Raises
    ------
    psycopg.Error
        If the database refuses the statement, or goes away.
    """
    driver = _driver(connection)
    wire = driver.pgconn
    wire.send_query(statement.as_bytes(driver))
    poll = select.poll()
    poll.register(wire.socket, select.POLLIN | select.POLLERR | select.POLLHUP)
    _await_result(wire, poll, pq.ExecStatus.COPY_OUT)
    yield from _blocks(wire, poll)
    _await_result(wire, poll, pq.ExecStatus.COMMAND_OK)
    while wire.get_result() is not None:
        pass


def give_up(connection: Connection) -> None:
    """End what a connection is doing, at once, and take it out of the pool."""
    try:
        _driver(connection).cancel_safe(timeout=2.0)
    except psycopg.Error:
        pass  # it is gone already, or too busy to be told; closing the connection tells it as well
    finally:
        connection.invalidate()


def _driver(connection: Connection) -> psycopg.Connection:
    return cast("psycopg.Connection", connection.connection.driver_connection)


def _blocks(wire: "pq.abc.PGconn", poll: select.poll) -> Iterator[bytes]:
    """Gather rows to blocks; the loop does next to nothing for a row, because there are so many of them."""
    next_row, rows, size = wire.get_copy_data, [], 0
    while True:
        length, row = next_row(1)
        if length > 0:
            rows.append(row)
            size += length
            if size >= BLOCK_BYTES:
                yield b"".join(rows)
                rows, size = [], 0
        elif length == 0:
            poll.poll(_LOOK_MS)
            wire.consume_input()
        else:
            break
    if rows:
        yield b"".join(rows)


def _await_result(wire: "pq.abc.PGconn", poll: select.poll, expected: int) -> None:
    while wire.flush():
        poll.poll(_LOOK_MS)
        wire.consume_input()
    while wire.is_busy():
        poll.poll(_LOOK_MS)
        wire.consume_input()
    result = wire.get_result()
    if result is None or result.status != expected:
        raise error_from_result(result) if result else psycopg.OperationalError("the database went away")
