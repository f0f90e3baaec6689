"""How long a transaction may wait."""

from sqlalchemy.orm import Session

from models.direct import tell


def limit_lock_waits(session: Session, seconds: float) -> None:
    """Let the rest of the transaction fail (OperationalError) rather than wait longer for somebody else's lock."""
    limit = {"ms": str(round(seconds * 1000))}
    tell(session, "SELECT set_config('lock_timeout', %(ms)s, true)", limit)
