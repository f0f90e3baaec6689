"""Whoever is logged in can post any callback by hand: hidden buttons protect nothing, the use cases do."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from models.db import session_scope
from models.tables import Base
from models.write.devices import register_device

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
#: What an attacker would fill in, by component and property; everything else is as the page arrives.
FILLED: dict[str, Any] = {
    "users-list.value": "sari",
    "users-role.value": "admin",
    "users-new-name.value": "mallory",
    "users-new-role.value": "admin",
    "device-name.data": "pi-2",
    "device-event-kind.value": "clean",
    "device-event-at.value": "2026-11-20 09:00:00",
    "device-override-from.value": "2026-11-20 09:00:00",
    "device-override-to.value": "2026-11-20 10:00:00",
    "device-override-reason.value": "probe out of the water",
    "calibrate-device.value": "pi-2",
    "calibrate-quantity.value": "ph",
    "calibrate-left-1.value": 2025.0,
    "calibrate-left-2.value": 1500.0,
    "calibrate-celsius-1.value": 25.0,
    "calibrate-celsius-2.value": 25.0,
}
#: Written whenever somebody is there at all.
UNREMARKABLE = {"sessions"}
#: Callbacks of one's own account, which everybody may change.
OWN = "account-"
OF_ADMINISTRATORS = {"users", "invitations", "device_tokens", "enrollment_keys", "pending_enrollments"}


def walk(layout: Any) -> Iterator[dict[str, Any]]:
    """Give the properties of every component in the JSON of a layout."""
    if isinstance(layout, dict):
        if isinstance(layout.get("props"), dict):
            yield layout["props"]
        for value in layout.values():
            yield from walk(value)
    elif isinstance(layout, list):
        for value in layout:
            yield from walk(value)


def known_values(client: FlaskClient) -> dict[str, Any]:
    """Read what stands in every component when the pages arrive, as ``"id.property"``."""
    config = re.search(r'id="_dash-config" type="application/json">(.*?)</script>', client.get("/").text)
    assert config is not None
    components = [
        props for props in walk(json.loads(config[1])["validation_layout"]) if isinstance(props.get("id"), str)
    ]
    arrived = {f"{props['id']}.{name}": value for props in components for name, value in props.items()}
    return {**arrived, **FILLED}


def questions(client: FlaskClient) -> Iterator[dict[str, Any]]:
    """Make the request of every callback, once for each of its inputs as the one that changed."""
    values = known_values(client)
    for callback in client.get("/_dash-dependencies").json:
        if callback["clientside_function"] is None and OWN not in callback["output"]:
            inputs = [filled(each, values) for each in callback["inputs"]]
            for one in inputs:
                yield {
                    "output": callback["output"],
                    "outputs": outputs_of(callback["output"]),
                    "inputs": inputs,
                    "state": [filled(each, values) for each in callback["state"]],
                    "changedPropIds": [f"{one['id']}.{one['property']}"],
                }


def filled(each: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    known = values.get(f"{each['id']}.{each['property']}")
    clicked = 1 if each["property"] == "n_clicks" else known
    return {"id": each["id"], "property": each["property"], "value": clicked}


def outputs_of(output: str) -> Any:
    parts = output.strip(".").split("...") if output.startswith("..") else [output]
    named = [dict(zip(("id", "property"), part.split("@")[0].rsplit(".", 1), strict=True)) for part in parts]
    return named if output.startswith("..") else named[0]


def contents(engine: Engine) -> dict[str, Any]:
    """Fingerprint every table."""
    tables = [table.name for table in Base.metadata.sorted_tables if table.name not in UNREMARKABLE]
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    with engine.connect() as connection:
        return {name: connection.execute(text(digest.format(name))).scalar_one() for name in tables}


def changed_tables(client: FlaskClient, engine: Engine) -> set[str]:
    """Post every callback by hand; gives the tables that are not as before."""
    asked, before = list(questions(client)), contents(engine)
    for question in asked:
        # Some of these questions make no sense and fail, which is as good as a refusal.
        client.post("/_dash-update-component", json=question, headers=OWN_PAGE)
    after = contents(engine)
    return {name for name, digest in after.items() if digest != before[name]}


@pytest.fixture
def browser(server: Flask, engine: Engine, add_person: Any, log_in: Any, now: Any) -> Callable[[str], FlaskClient]:
    """Give a function that logs somebody of a role in; there are two other people and a tank."""
    with session_scope(engine) as session:
        register_device(session, "pi-2", now=now)
    add_person("sari", "viewer")
    add_person("ratna", "admin")

    def browser(role: str) -> FlaskClient:
        client = server.test_client()
        add_person(f"some-{role}", role)
        assert log_in(client, f"some-{role}").status_code == 303
        return client

    return browser


def test_no_callback_that_a_viewer_posts_by_hand_changes_anything(browser: Any, engine: Engine):
    assert changed_tables(browser("viewer"), engine) == set()


def test_no_callback_that_an_agronomist_posts_by_hand_manages_people_or_pis(browser: Any, engine: Engine):
    assert changed_tables(browser("agronomist"), engine) & OF_ADMINISTRATORS == set()


def test_the_same_requests_do_change_things_for_an_administrator(browser: Any, engine: Engine):
    """Without this, the two tests above could pass because they ask wrongly."""
    assert {"users", "invitations", "calibrations", "events", "flag_overrides", "audit_log"} <= changed_tables(
        browser("admin"), engine
    )
