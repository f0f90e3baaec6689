"""Bring the tables to what this version of the code needs, and say how far they are."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from models.errors import SchemaError
from models.partitions import is_partition
from models.tables import Base

#: Key of the advisory lock under which migrations run: two servers starting at once migrate one after the other.
_LOCK_KEY = 0x6879_6472_6F01
_LONGEST_WAIT_S = 600


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction, under a lock that lets only one process at it.

    Raises
    ------
    SchemaError
        If the database was migrated by a newer version of hydrofleet.
    """
    with engine.begin() as connection:
        _take_lock(connection)
        _run(command.upgrade, connection, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo migrations down to ``revision``, e.g. ``"base"``, which leaves nothing. What they made is lost."""
    with engine.begin() as connection:
        _take_lock(connection)
        _run(command.downgrade, connection, revision)


def revision_state(engine: Engine) -> tuple[str | None, str]:
    """Give the revision of the database (None: never migrated) and the newest one that this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, str(head)


def differences(engine: Engine) -> list[Any]:
    """List what autogenerate would change: empty while the migrations and :mod:`models.tables` say the same."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=comparison_options())
        return compare_metadata(context, Base.metadata)


def comparison_options() -> dict[str, Any]:
    """Give the options under which tables and database are compared; monthly partitions are no tables of ours."""
    return {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, _parents: not (kind == "table" and is_partition(name)),
    }


def _take_lock(connection: Connection) -> None:
    """Wait for the migration lock, with timeouts that fit a migration instead of a request."""
    settings = {
        "statement_timeout": "0",
        "lock_timeout": f"{_LONGEST_WAIT_S}s",
        # On a cluster, several changes of tables in one transaction need it; plain PostgreSQL only remembers it.
        "citus.multi_shard_modify_mode": "sequential",
    }
    for name, value in settings.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _run(step: Any, connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        step(config, revision)
    except CommandError as error:
        raise SchemaError(
            f"the tables cannot be migrated to {revision!r}: {error}. "
            f"If a newer hydrofleet has used this database, start that version again"
        ) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_script_folder()).replace("%", "%%"))
    return config


def _script_folder() -> Path:
    """Find the migrations: in alembic/ at the root of the source tree, inside this package once installed."""
    installed = Path(__file__).parent / "migrations"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "alembic"
