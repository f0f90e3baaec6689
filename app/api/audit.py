"""``GET /audit``: who did what, when, from where."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Engine

from app.api.wire import Stamp
from app.people.trail import AuditTrail
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.measurements import Cursor, answer
from ingest_api.operations import operation
from ingest_api.parameters import moment, whole, words
from ingest_api.timestamps import format_moment
from models.read.audit import AuditQuery, AuditRecord

MOST_ENTRIES = 1000
_ACTOR = words("actor", "Only what this person or device did.")
_ACTION = words("action", "Only this action, such as login or set-target.")
_ABOUT = words("about", "Only what concerns this kind of object, or the object of this name.")
_START = moment("start", "Only from this moment on.")
_END = moment("end", "Only before this moment.")
_LIMIT = whole("limit", "Most entries on a page.", most=MOST_ENTRIES, default=100)
_CURSOR = whole("cursor", "'next' of the page before.", most=2**31 - 1)


class AuditItem(Struct):
    """One entry; what ``details`` holds depends on the action."""

    id: int
    at: Stamp
    actor: str
    address: str | None
    action: str
    object_kind: str | None
    object_id: str | None
    request_id: str | None
    details: dict[str, Any]


class AuditPage(Struct):
    """A page of the audit log, newest entries first."""

    entries: list[AuditItem]
    next: Cursor


def add_routes(blueprint: Blueprint, engine: Engine, _clock: Callable[[], datetime]) -> None:
    """Attach the route."""
    trail = AuditTrail(engine)

    @blueprint.get("/audit")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Search the audit log", query=(_ACTOR, _ACTION, _ABOUT, _START, _END, _LIMIT, _CURSOR), answer=AuditPage)
    def audit_log() -> Response:
        """Newest entries first."""
        limit = _LIMIT.read_or(100)
        asked = AuditQuery(_ACTOR.read(), _ACTION.read(), _ABOUT.read(), _START.read(), _END.read())
        found = trail.search(asked, before=_CURSOR.read(), limit=limit + 1, by=current_user())
        following = str(found[limit - 1].id) if len(found) > limit else None
        return answer(AuditPage([_item(one) for one in found[:limit]], following))


def _item(one: AuditRecord) -> AuditItem:
    said = {name: getattr(one, name) for name in AuditItem.__struct_fields__}
    return AuditItem(**{**said, "at": format_moment(one.at)})
