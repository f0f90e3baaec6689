"""What database the server works with."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

_FACTS = text(
    "SELECT current_setting('server_version'), pg_database_size(current_database()), inet_server_addr() IS NULL, "
    "       (SELECT version_num FROM alembic_version), "
    "       (SELECT COALESCE(sum(reltuples) FILTER (WHERE reltuples > 0), 0)::bigint FROM pg_class "
    "        JOIN pg_inherits ON inhrelid = pg_class.oid WHERE inhparent = 'readings'::regclass)"
)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The database: its version, bytes on disk, whether it is here, the tables' revision, about how many readings."""

    version: str
    size_bytes: int
    is_local: bool
    revision: str
    readings: int


def database_facts(session: Session) -> DatabaseFacts:
    """Look up what the database says of itself; readings are its planner's estimate, which costs nothing."""
    return DatabaseFacts(*session.execute(_FACTS).one())
