"""Rows in PostgreSQL's binary COPY format, into a table, inside the session's transaction."""

from collections.abc import Sequence
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def copy_in(session: Session, table: str, columns: Sequence[str], data: bytes) -> None:
    """Copy whole rows into a table; errors come as SQLAlchemy's, as from every other statement.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the database refuses a row (IntegrityError) or cannot be reached (OperationalError).
    """
    connection = session.connection()
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    try:
        cursor = cast("psycopg.Cursor", connection.connection.cursor())
        with cursor, cursor.copy(statement) as copy:
            copy.write(data)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement.as_string(None), None, error, psycopg.Error, dialect=connection.dialect
        ) from error
