"""How migrations meet the database: normally handed a connection by :mod:`models.migrate`.

By hand: ``alembic -x url=postgresql://… check``; the address is never read from the environment here.
"""

from alembic import context
from sqlalchemy import Connection

from models.db import make_engine
from models.errors import SchemaError
from models.migrate import comparison_options
from models.tables import Base


def migrate(connection: Connection) -> None:
    """Run whatever command alembic was given, all steps in the caller's transaction."""
    context.configure(connection=connection, target_metadata=Base.metadata, **comparison_options())
    with context.begin_transaction():
        context.run_migrations()


def migrate_by_address() -> None:
    """Run alembic's own command line against the address given with ``-x url=…``."""
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not url:
        raise SchemaError("which database? Say: alembic -x url=postgresql://user:password@host/database <command>")
    with make_engine(url, statement_timeout_s=0).begin() as connection:
        migrate(connection)


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    migrate_by_address()
