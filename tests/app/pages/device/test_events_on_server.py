"""Events are changed through the page's own callbacks, by those who may and by nobody else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.pages.device.events.ids import EventId, edit_id, settle_id
from app.pages.device.events.tank_event import key_text
from models.db import session_scope
from models.read.events import list_events
from models.write.devices import register_device
from models.write.events import Detected, EventRow, replace_detected

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
DOSE = EventRow("dose", AT, AT + timedelta(minutes=10), {"ec_change": 210.0, "confidence": 0.9})
SPAN = (AT - timedelta(days=1), AT + timedelta(days=1))
ALL = ["ALL"]


@pytest.fixture
def device_id(engine: Engine, now: datetime) -> int:
    """A tank with one detected dose."""
    with session_scope(engine) as session:
        device = register_device(session, "pi-1", now=now)
        replace_detected(session, [Detected(device.id, [DOSE], *SPAN)])
        return device.id


@pytest.fixture
def agronomist(client: FlaskClient, add_person: Callable[..., None], log_in: Callable[..., Any]) -> FlaskClient:
    add_person("budi", "agronomist")
    assert log_in(client, "budi").status_code == 303
    return client


def wildcards(id: dict[str, Any]) -> str:
    return json.dumps(
        {name: value if name == "type" else ALL for name, value in id.items()}, separators=(",", ":"), sort_keys=True
    )


def press(client: FlaskClient, action: str, key: str) -> Any:
    """Post what the browser posts when a button of an event is pressed."""
    id = settle_id(action, key)
    button = {"id": id, "property": "n_clicks", "value": 1}
    question = {
        "output": f"..{EventId.MESSAGE}.children...{EventId.SETTLED}.data..",
        "outputs": [
            {"id": EventId.MESSAGE, "property": "children"},
            {"id": EventId.SETTLED, "property": "data"},
        ],
        "inputs": [[button]],
        "state": [
            {"id": EventId.SETTLED, "property": "data", "value": 0},
            {"id": "device-name", "property": "data", "value": "pi-1"},
        ],
        "changedPropIds": [json.dumps(id, separators=(",", ":"), sort_keys=True) + ".n_clicks"],
    }
    answer = client.post("/_dash-update-component", json=question, headers=OWN_PAGE)
    assert answer.status_code == 200, answer.text
    return answer.json["response"][EventId.MESSAGE]["children"]


def kinds(engine: Engine, device_id: int) -> list[tuple[str, str]]:
    with session_scope(engine) as session:
        return [(one.kind, one.origin) for one in list_events(session, device_id, *SPAN)]


def test_an_agronomist_rejects_an_event_which_then_is_not_detected_again(
    engine: Engine, device_id: int, agronomist: FlaskClient
) -> None:
    said = press(agronomist, "hide", key_text(DOSE.key))
    with session_scope(engine) as session:
        replace_detected(session, [Detected(device_id, [DOSE], *SPAN)])

    assert said == "Rejected: it is not shown, and not detected again."
    assert kinds(engine, device_id) == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT actor, action FROM audit_log WHERE action LIKE '%event'")).all() == [
            ("budi", "hide-event")
        ]


def test_an_agronomist_confirms_an_event(engine: Engine, device_id: int, agronomist: FlaskClient) -> None:
    assert press(agronomist, "confirm", key_text(DOSE.key)) == "Confirmed."
    assert kinds(engine, device_id) == [("dose", "manual")]


@pytest.mark.parametrize("action", ["confirm", "hide", "show", "remove"])
def test_a_viewer_who_posts_by_hand_is_refused(
    engine: Engine, device_id: int, viewer: FlaskClient, action: str
) -> None:
    said = press(viewer, action, key_text(DOSE.key))

    assert said == "Only agronomists and administrators may change events."
    assert kinds(engine, device_id) == [("dose", "detected")]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log WHERE action LIKE '%event'")).scalar_one() == 0


def test_an_event_that_somebody_else_has_settled_is_explained(device_id: int, agronomist: FlaskClient) -> None:
    press(agronomist, "confirm", key_text(DOSE.key))

    said = press(agronomist, "confirm", key_text(DOSE.key))

    assert said == "This event has been changed in the meantime; look at the list again."


def test_the_buttons_of_an_event_are_known_to_the_callbacks(agronomist: FlaskClient) -> None:
    asked = {each["id"] for one in agronomist.get("/_dash-dependencies").json for each in one["inputs"]}

    assert {wildcards(edit_id("")), wildcards(settle_id("", ""))} <= asked
