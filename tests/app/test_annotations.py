"""People's word about what happened to a tank."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.annotations import AnnotationRefused, Annotations
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import EventTaken, UnknownEvent
from models.read.events import events_frame
from models.write.devices import register_device
from models.write.events import EventRow, replace_detected

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
DOSE = EventRow("dose", AT, AT + timedelta(minutes=10), {"ec_change": 210.0, "confidence": 0.9})
SARI = Principal(7, "sari", Role.AGRONOMIST)
SPAN = (AT - timedelta(days=1), AT + timedelta(days=1))


@pytest.fixture
def device(engine, now):
    """A tank with one detected dose."""
    with session_scope(engine) as session:
        made = register_device(session, "pi-1", now=now)
        replace_detected(session, made.id, [DOSE], covering=SPAN)
    return made


@pytest.fixture
def annotations(engine, clock):
    return Annotations(engine, clock)


def listed(engine, device):
    with session_scope(engine) as session:
        return events_frame(session, device.id, *SPAN)[["kind", "origin", "note"]].to_numpy().tolist()


def audit(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT actor, action, object_id, details->>'kind' FROM audit_log")).all()


def test_a_note_is_added_and_on_record(engine, annotations, device):
    annotations.add("pi-1", EventRow("clean", AT, note="new sponge"), by=SARI)

    assert listed(engine, device) == [["clean", "manual", "new sponge"], ["dose", "detected", None]]
    assert audit(engine) == [("sari", "add-event", "pi-1", "clean")]


def test_a_corrected_event_takes_the_place_of_the_detected_one_for_good(engine, annotations, device):
    annotations.change("pi-1", DOSE.key, EventRow("top-up", AT, note="from the well"), by=SARI)
    with session_scope(engine) as session:
        replace_detected(session, device.id, [DOSE], covering=SPAN)

    assert listed(engine, device) == [["top-up", "manual", "from the well"]]
    assert audit(engine) == [("sari", "edit-event", "pi-1", "dose")]


def test_a_hidden_event_stays_hidden(engine, annotations, device):
    annotations.hide("pi-1", DOSE.key, by=SARI)
    with session_scope(engine) as session:
        replace_detected(session, device.id, [DOSE], covering=SPAN)

    assert listed(engine, device) == []


@pytest.mark.parametrize("person", [None, Principal(8, "budi", Role.VIEWER)])
def test_who_may_only_look_changes_nothing(engine, annotations, device, person):
    with pytest.raises(AnnotationRefused, match="ask an administrator"):
        annotations.hide("pi-1", DOSE.key, by=person)

    assert listed(engine, device) == [["dose", "detected", None]]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (EventRow("party", AT), "no kind of event"),
        (EventRow("dose", AT + timedelta(days=30)), "in the future"),
        (EventRow("dose", AT, AT - timedelta(hours=1)), "ends before it begins"),
    ],
)
def test_an_event_that_cannot_be_is_refused(annotations, device, event, sentence):
    with pytest.raises(AnnotationRefused, match=sentence):
        annotations.add("pi-1", event, by=SARI)


def test_the_same_event_cannot_be_there_twice_nor_one_change_that_is_not_there(annotations, device):
    annotations.add("pi-1", EventRow("clean", AT), by=SARI)

    with pytest.raises(EventTaken):
        annotations.add("pi-1", EventRow("clean", AT), by=SARI)
    with pytest.raises(UnknownEvent, match="there is no acid"):
        annotations.change("pi-1", (AT, "acid"), EventRow("base", AT), by=SARI)
