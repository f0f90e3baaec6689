"""How long a transaction may wait."""

from sqlalchemy.orm import Session


def limit_lock_waits(session: Session, seconds: float) -> None:
    """Let the rest of the transaction fail (OperationalError) rather than wait longer for somebody else's lock."""
    limit = {"ms": str(round(seconds * 1000))}
    session.connection().exec_driver_sql("SELECT set_config('lock_timeout', %(ms)s, true)", limit)
