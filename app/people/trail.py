"""Reading the audit log: for administrators."""

from sqlalchemy import Engine

from app.people.errors import OnlyAdministrators
from app.principal import Principal, Role
from models.db import session_scope
from models.read.audit import AuditQuery, AuditRecord, audit_words, search_audit


class AuditTrail:
    """Every method raises :class:`OnlyAdministrators` for anybody else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(
        self, query: AuditQuery, *, before: int | None = None, limit: int, by: Principal | None
    ) -> list[AuditRecord]:
        """Find entries, newest first; see :func:`models.read.audit.search_audit`."""
        _require_admin(by)
        with session_scope(self._engine) as session:
            return search_audit(session, query, before=before, limit=limit)

    def words(self, *, by: Principal | None) -> tuple[list[str], list[str]]:
        """List the actors and the actions that a search can choose from."""
        _require_admin(by)
        with session_scope(self._engine) as session:
            return audit_words(session)


def _require_admin(by: Principal | None) -> None:
    if by is None or not by.role.includes(Role.ADMIN):
        raise OnlyAdministrators(by.name if by else None)
