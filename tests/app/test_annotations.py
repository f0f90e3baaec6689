"""People's word about what happened to a tank."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from app.annotations import AnnotationRefused, Annotations, NotAllowed
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import EventTaken, UnknownEvent
from models.read.events import events_frame
from models.rows import ReadingRows
from models.write.devices import register_device
from models.write.events import Detected, EventRow, replace_detected
from models.write.readings import store_readings

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
DOSE = EventRow("dose", AT, AT + timedelta(minutes=10), {"ec_change": 210.0, "confidence": 0.9})
SARI = Principal(7, "sari", Role.AGRONOMIST)
SPAN = (AT - timedelta(days=1), AT + timedelta(days=1))


@pytest.fixture
def device(engine, now):
    """A tank with one detected dose."""
    with session_scope(engine) as session:
        made = register_device(session, "pi-1", now=now)
        replace_detected(session, [Detected(made.id, [DOSE], *SPAN)])
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
        replace_detected(session, [Detected(device.id, [DOSE], *SPAN)])

    assert listed(engine, device) == [["top-up", "manual", "from the well"]]
    assert audit(engine) == [("sari", "edit-event", "pi-1", "dose")]


def test_a_hidden_event_stays_hidden(engine, annotations, device):
    annotations.hide("pi-1", DOSE.key, by=SARI)
    with session_scope(engine) as session:
        replace_detected(session, [Detected(device.id, [DOSE], *SPAN)])

    assert listed(engine, device) == []


def test_a_confirmed_event_is_a_persons_word_and_is_not_detected_elsewhere(engine, annotations, device):
    annotations.confirm("pi-1", DOSE.key, by=SARI)
    later = replace(DOSE, started_at=AT + timedelta(minutes=20), ended_at=AT + timedelta(minutes=30))
    with session_scope(engine) as session:
        replace_detected(session, [Detected(device.id, [later], *SPAN)])
        frame = events_frame(session, device.id, *SPAN)

    (event,) = frame.to_dict("records")
    assert (event["origin"], event["was_detected"], event["started_at"]) == ("manual", True, AT)
    assert (event["ec_change"], event["confidence"]) == (210.0, 0.9)
    assert audit(engine) == [("sari", "confirm-event", "pi-1", "dose")]


def test_what_is_hidden_can_be_shown_again(engine, annotations, device):
    annotations.hide("pi-1", DOSE.key, by=SARI)
    annotations.show("pi-1", DOSE.key, by=SARI)

    assert listed(engine, device) == [["dose", "detected", None]]
    assert [entry.action for entry in audit(engine)] == ["hide-event", "show-event"]


def test_what_a_person_told_can_be_removed_and_told_again(engine, annotations, device):
    note = EventRow("note", AT, note="pump was off")
    annotations.add("pi-1", note, by=SARI)
    annotations.remove("pi-1", note.key, by=SARI)

    assert listed(engine, device) == [["dose", "detected", None]]
    annotations.add("pi-1", note, by=SARI)
    assert listed(engine, device) == [["dose", "detected", None], ["note", "manual", "pump was off"]]


def test_removing_marks_the_hours_so_that_what_it_replaced_is_detected_again(engine, annotations, device, now):
    told = EventRow("dose", AT + timedelta(minutes=5))
    annotations.add("pi-1", told, by=SARI)
    with session_scope(engine) as session:
        at_ms = np.array([int(AT.timestamp() * 1000)])
        store_readings(session, ReadingRows.of(np.array([device.id]), at_ms, ph=np.array([6.0])), now=now)
        session.execute(text("DELETE FROM dirty_hours"))

    annotations.remove("pi-1", told.key, by=SARI)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT hour FROM dirty_hours")).scalars().all() == [AT]


def test_removing_a_corrected_event_hides_it_and_what_was_detected(engine, annotations, device):
    told = EventRow("top-up", AT + timedelta(hours=2))
    annotations.change("pi-1", DOSE.key, told, by=SARI)
    annotations.remove("pi-1", told.key, by=SARI)
    with session_scope(engine) as session:
        replace_detected(session, [Detected(device.id, [DOSE], *SPAN)])

    assert listed(engine, device) == []


def test_a_hidden_event_told_anew_still_keeps_out_what_was_detected(engine, annotations, device):
    told = EventRow("dose", AT + timedelta(hours=2))
    annotations.change("pi-1", DOSE.key, told, by=SARI)
    annotations.hide("pi-1", told.key, by=SARI)
    annotations.add("pi-1", told, by=SARI)
    with session_scope(engine) as session:
        replace_detected(session, [Detected(device.id, [DOSE], *SPAN)])

    assert listed(engine, device) == [["dose", "manual", None]]


@pytest.mark.parametrize("change", ["confirm", "hide", "show", "remove"])
def test_an_event_that_is_gone_is_refused_in_words(annotations, device, change):
    with pytest.raises(UnknownEvent, match="there is no acid"):
        getattr(annotations, change)("pi-1", (AT, "acid"), by=SARI)


@pytest.mark.parametrize("change", ["confirm", "hide", "show", "remove"])
@pytest.mark.parametrize("person", [None, Principal(8, "budi", Role.VIEWER)])
def test_who_may_only_look_changes_nothing(engine, annotations, device, person, change):
    with pytest.raises(NotAllowed, match="ask an administrator"):
        getattr(annotations, change)("pi-1", DOSE.key, by=person)

    assert listed(engine, device) == [["dose", "detected", None]]
    assert audit(engine) == []


@pytest.mark.parametrize("person", [None, Principal(8, "budi", Role.VIEWER)])
def test_who_may_only_look_tells_and_corrects_nothing(engine, annotations, device, person):
    with pytest.raises(NotAllowed):
        annotations.add("pi-1", EventRow("clean", AT), by=person)
    with pytest.raises(NotAllowed):
        annotations.change("pi-1", DOSE.key, EventRow("acid", AT), by=person)

    assert listed(engine, device) == [["dose", "detected", None]]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (EventRow("party", AT), "no kind of event"),
        (EventRow("dose", AT + timedelta(days=30)), "in the future"),
        (EventRow("dose", AT, AT - timedelta(hours=1)), "ends before it begins"),
        (EventRow("note", AT, note="x" * 2001), "2001 characters"),
        (EventRow("dose", AT, details={"ec_change": 250_000.0}), "check its unit"),
        (EventRow("acid", AT, details={"ph_change": float("nan")}), "check its unit"),
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
