"""What the application's and the notebooks' own roles may do.

The application: everything with the data, nothing to the tables, and never rewrite the log. Notebooks: read.

Where the tables belong to another role than the one that serves requests, a statement that slips into the application
can neither change the audit log nor switch off what protects it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from psycopg import sql
from sqlalchemy import Connection, text

#: May be added to and read, nothing else.
APPEND_ONLY = frozenset({"audit_log"})
#: Belongs to the migrations.
READ_ONLY = frozenset({"alembic_version"})
#: What a notebook may read, all columns or those that are named; credentials, sessions and the log are not among it.
READABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "users": ("id", "name"),
        **dict.fromkeys(
            (
                *("calibrations", "crops", "device_state", "devices", "dirty_hours", "events", "flag_overrides"),
                *("growth_stages", "plantings", "reading_days", "reading_hours", "readings", "sites", "streams"),
                *("targets", "alembic_version"),
            ),
            (),
        ),
    }
)
#: The application makes a partition for every month, so these have to be its own.
_OWNED = "readings"


def let_application_in(connection: Connection, role: str) -> None:
    """Give ``role`` what the application needs in the migrated tables; call it after every migration.

    Runs in the caller's transaction, as the role that owns the tables. Twice does no harm.
    """
    name = sql.Identifier(role)
    _run(connection, sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(name))
    _run(connection, sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
    for table, owner, is_reading in _tables(connection):
        if is_reading:
            if owner != role:
                _run(connection, sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.Identifier(table), name))
            continue
        rights = sql.SQL(_rights(table))
        _run(connection, sql.SQL("GRANT {} ON {} TO {}").format(rights, sql.Identifier(table), name))


def let_reader_in(connection: Connection, role: str) -> None:
    """Let ``role`` read what :data:`READABLE` names, and nothing else; call it after every migration.

    A partition is read by way of its table, so that the months to come need no grant of their own.
    """
    name = sql.Identifier(role)
    _run(connection, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    for table, columns in READABLE.items():
        named = sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
        _run(connection, sql.SQL("GRANT SELECT{} ON {} TO {}").format(named, sql.Identifier(table), name))


def _rights(table: str) -> str:
    if table in READ_ONLY:
        return "SELECT"
    return "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE, TRUNCATE"


def _tables(connection: Connection) -> list[tuple[str, str, bool]]:
    """List the tables with their owners, and whether each is the readings or one of their partitions."""
    rows = connection.execute(
        text(
            "SELECT c.relname, pg_get_userbyid(c.relowner), "
            "       c.relname = :readings OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid "
            "           AND i.inhparent = CAST(:readings AS regclass)) "
            "FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace "
            "ORDER BY c.relname"
        ),
        {"readings": _OWNED},
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _run(connection: Connection, statement: sql.Composed) -> None:
    connection.exec_driver_sql(statement.as_string(None))
