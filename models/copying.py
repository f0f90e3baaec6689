"""Rows in PostgreSQL's binary COPY format, into a table, inside the session's transaction."""

from collections.abc import Sequence

from psycopg import sql
from sqlalchemy.orm import Session

from models.direct import driver_connection, make_trip


def copy_in(session: Session, table: str, columns: Sequence[str], data: bytes) -> None:
    """Copy whole rows into a table; errors come as SQLAlchemy's, as from every other statement.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the database refuses a row (IntegrityError) or cannot be reached (OperationalError).
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    make_trip(session.connection())
    with (
        driver_connection(session.connection(), statement.as_string(None)) as (connection, _),
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(data)
