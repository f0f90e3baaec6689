"""``/events``: what happened to tanks, found in their readings or told by a person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from flask import Blueprint, Response, request
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Engine

from app.annotations import KINDS, Annotations
from app.api.wire import Note, Stamp, done, moment_in, written
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.history import END, asked_span
from ingest_api.measurements import Cursor, answer
from ingest_api.operations import operation
from ingest_api.parameters import Parameter, moment, one_of, whole, words
from ingest_api.principals import current_reader
from ingest_api.problems import Problem
from ingest_api.strict_json import is_storable
from ingest_api.timestamps import format_moment, moment_of, parse_ms, shown
from ingest_api.typed_body import read_typed
from models.db import session_scope
from models.read.event_log import EventKey, EventQuery, FleetEvent, events_page
from models.write.events import EventRow

MOST_EVENTS = 1000
_MONTH = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START = moment("start", "The first moment; 30 days before 'end' if it is not given.")
_DEVICE = words("device", "Only events of this device.", longest=63)
_KIND = one_of("kind", "Only events of this kind.", KINDS)
_LIMIT = whole("limit", "Most events on a page.", most=MOST_EVENTS, default=MOST_EVENTS)
_REFUSED = ("unknown-device", "unknown-item", "taken", "refused")

KindName = Literal["dose", "top-up", "water-change", "acid", "base", "clean", "service", "check", "note"]
Change = float | UnsetType


def _cursor(given: str) -> EventKey:
    """Read microseconds, device number and kind."""
    parts = given.split(".")
    is_ours = len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts[:2])
    if not is_ours or parts[2] not in KINDS:
        raise ValueError("this cursor does not belong to this list; start again without one")
    return _EPOCH + timedelta(microseconds=int(parts[0])), int(parts[1]), parts[2]


_CURSOR = Parameter("cursor", "'next' of the page before.", {"type": "string"}, _cursor)


class TankEvent(Struct):
    """An event; ``ec_change`` in µS/cm at 25 °C. Of a detected one, ``confidence`` tells how sure that is."""

    device: str
    kind: str
    started_at: Stamp
    ended_at: Stamp | None
    origin: str
    note: str | None
    author: str | None
    ec_change: float | None
    ph_change: float | None
    confidence: float | None


class EventPage(Struct):
    """Events that touch ``[start, end)``, oldest first; hidden ones are left out."""

    start: Stamp
    end: Stamp
    events: list[TankEvent]
    next: Cursor


class NewEvent(Struct, forbid_unknown_fields=True):
    """What a person tells."""

    kind: KindName
    started_at: Stamp
    ended_at: Stamp | None = None
    note: Note | None = None
    ec_change: Change = UNSET
    ph_change: Change = UNSET

    def row(self) -> EventRow:
        """Give the event to store."""
        started_at = moment_in(self.started_at, "/started_at")
        ended_at = None if self.ended_at is None else moment_in(self.ended_at, "/ended_at")
        given = {"ec_change": self.ec_change, "ph_change": self.ph_change}
        details = {name: value for name, value in given.items() if value is not UNSET}
        return EventRow(self.kind, started_at, ended_at, details, self.note)


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    _add_reading(blueprint, engine, clock)
    _add_writing(blueprint, Annotations(engine, clock))


def _add_reading(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    @blueprint.get("/events")
    @admits(Admits.READER, Admits.PERSON)
    @operation("List events", query=(_START, END, _DEVICE, _KIND, _LIMIT, _CURSOR), answer=EventPage)
    def events() -> Response:
        """What was found in the readings of tanks, and what people told."""
        start, end = asked_span(clock(), usual=_MONTH)
        limit, kind = _LIMIT.read_or(MOST_EVENTS), _KIND.read()
        query = EventQuery(start, end, _devices(), kind)
        with session_scope(engine) as session:
            found = events_page(session, query, after=_CURSOR.read(), limit=limit + 1)
        following = _cursor_of(found[limit - 1]) if len(found) > limit else None
        items = [_item(one) for one in found[:limit]]
        return answer(EventPage(format_moment(start), format_moment(end), items, following))


def _add_writing(blueprint: Blueprint, annotations: Annotations) -> None:
    @blueprint.post("/devices/<name>/events")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Tell an event", body=NewEvent, status=204, problems=_REFUSED)
    def add_event(name: str) -> Response:
        """A detected event of the same kind within half an hour gives way to it."""
        annotations.add(_name(name), read_typed(request, NewEvent).row(), by=current_user())
        return done()

    @blueprint.put("/devices/<name>/events/<kind>/<started_at>")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Correct an event", body=NewEvent, status=204, problems=_REFUSED)
    def change_event(name: str, kind: str, started_at: str) -> Response:
        """It is a person's word from now on, and not detected again."""
        annotations.change(_name(name), _key(kind, started_at), read_typed(request, NewEvent).row(), by=current_user())
        return done()

    @blueprint.delete("/devices/<name>/events/<kind>/<started_at>")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Hide an event", status=204, problems=_REFUSED)
    def hide_event(name: str, kind: str, started_at: str) -> Response:
        """It did not happen: it is out of sight and not detected again."""
        annotations.hide(_name(name), _key(kind, started_at), by=current_user())
        return done()


def _devices() -> list[str] | None:
    """Give the names to look at: the one asked for, of those that may be read."""
    seen, asked = current_reader().devices, _DEVICE.read()
    if asked is None:
        return None if seen is None else sorted(seen)
    return [asked] if current_reader().may_read(asked) else []


def _name(name: str) -> str:
    return name if is_storable(name) else ascii(name)


def _key(kind: str, started_at: str) -> tuple[datetime, str]:
    if kind not in KINDS:
        raise Problem("unknown-item", f"{shown(kind)} is no kind of event; there is {', '.join(KINDS)}")
    try:
        return moment_of(parse_ms(started_at)), kind
    except ValueError as error:
        raise Problem("unknown-item", str(error)) from error


def _item(one: FleetEvent) -> TankEvent:
    numbers = {name: one.details.get(name) for name in ("ec_change", "ph_change", "confidence")}
    return TankEvent(
        one.device,
        one.kind,
        format_moment(one.started_at),
        written(one.ended_at),
        one.origin,
        one.note,
        one.author,
        **numbers,
    )


def _cursor_of(one: FleetEvent) -> str:
    return f"{(one.started_at - _EPOCH) // timedelta(microseconds=1)}.{one.device_id}.{one.kind}"
