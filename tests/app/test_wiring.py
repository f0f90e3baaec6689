"""Pages, callbacks, style sheets and scripts fit together."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

import app
from app.navigation import PAGES
from app.pages.page import Page
from app.principal import Role
from app.server import create_server
from app.settings import Settings

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
ASSETS = Path(app.__file__).parent / "assets"
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.js")))
SHEETS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.css")))


@pytest.fixture
def admin(client: FlaskClient, add_person: Callable[..., None], log_in: Callable[..., Any]) -> FlaskClient:
    """A browser in which Ratna, who may see every page, has logged in."""
    add_person("ratna", "admin")
    assert log_in(client, "ratna").status_code == 303
    return client


def ids_in(layout: Any) -> Iterator[str]:
    """The ids in the JSON of a layout."""
    if isinstance(layout, dict):
        if isinstance(layout.get("id"), str):
            yield layout["id"]
        for value in layout.values():
            yield from ids_in(value)
    elif isinstance(layout, list):
        for value in layout:
            yield from ids_in(value)


def open_page(client: FlaskClient, path: str) -> Any:
    """Do what the browser does to show the page at ``path``."""
    inputs = [("pathname", path), ("search", "")]
    question = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [{"id": "_pages_location", "property": name, "value": value} for name, value in inputs],
        "changedPropIds": ["_pages_location.pathname"],
    }
    answer = client.post("/_dash-update-component", json=question, headers=OWN_PAGE)
    assert answer.status_code == 200, answer.text
    return answer.json["response"]


def address_of(page: Page) -> str:
    return (page.path_template or page.path).replace("<device>", "pi-2")


def dependency_ids(dependency: dict[str, Any]) -> set[str]:
    outputs = re.findall(r"(?:^|\.\.)([a-z_-][\w-]*)\.", dependency["output"])
    asked = {each["id"] for each in (*dependency["inputs"], *dependency["state"])}
    # A pattern stands for any number of components, none of which needs to be there yet.
    return {*outputs, *(id for id in asked if not id.startswith("{"))}


@pytest.mark.parametrize("page", [page for page in PAGES if page.role is Role.ADMIN], ids=lambda page: page.title)
def test_a_page_of_administrators_is_not_built_for_others(viewer: FlaskClient, page: Page):
    response = open_page(viewer, address_of(page))

    assert "This page is for administrators" in str(response)
    assert set(ids_in(response["_pages_content"])) == set()
    assert f'"href": "{page.path}"' not in json.dumps(viewer.get("/_dash-layout").json)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_every_page_opens_on_an_empty_database(admin: FlaskClient, page: Page):
    response = open_page(admin, address_of(page))

    assert response["_pages_content"]["children"]
    assert response["_pages_store"]["data"]["title"].endswith("· hydrofleet")


def test_no_id_stands_twice_in_the_shell_and_all_pages(admin: FlaskClient):
    shell = admin.get("/_dash-layout").json
    pages = [open_page(admin, address_of(page)) for page in PAGES]

    counted = Counter([*ids_in(shell), *(id for page in pages for id in ids_in(page["_pages_content"]))])

    assert [id for id, count in counted.items() if count > 1] == []


def test_every_callback_names_ids_that_exist(admin: FlaskClient):
    config = re.search(r'id="_dash-config" type="application/json">(.*?)</script>', admin.get("/").text)
    known = set(ids_in(json.loads(config[1])["validation_layout"]))

    named = set().union(*(dependency_ids(each) for each in admin.get("/_dash-dependencies").json))

    assert named - known == set()


def test_every_function_that_runs_in_the_browser_is_in_a_script(admin: FlaskClient):
    functions = [each["clientside_function"] for each in admin.get("/_dash-dependencies").json]
    # Dash gives its own inline functions a namespace of their own.
    ours = [each for each in functions if each and not each["namespace"].startswith("_dashprivate_")]

    assert ours
    for each in ours:
        assert f"dash_clientside.{each['namespace']} = " in SCRIPTS, each
        assert re.search(rf"\b{each['function_name']}(: (async )?function)?\s*\(", SCRIPTS), each


def test_every_cell_and_comparator_of_the_fleet_is_in_a_script(admin: FlaskClient):
    page = str(open_page(admin, "/fleet"))

    for renderer in set(re.findall(r"'cellRenderer': '(\w+)'", page)):
        assert f"components.{renderer} = " in SCRIPTS
    for function in set(re.findall(r"'function': '(fleet\w+)", page)):
        assert f"functions.{function} = " in SCRIPTS


def test_every_icon_is_drawn(admin: FlaskClient):
    shown = str([admin.get("/_dash-layout").json, *(open_page(admin, address_of(page)) for page in PAGES)])

    for name in set(re.findall(r"'icon icon-([\w-]+)", shown)):
        assert f".icon-{name}" in SHEETS, name


def test_an_address_that_leads_nowhere_says_so(admin: FlaskClient):
    assert "There is nothing at this address" in str(open_page(admin, "/no/such/page"))


def test_the_document_says_its_language(admin: FlaskClient):
    assert '<html lang="en">' in admin.get("/").text
    admin.set_cookie("hf_language", "id")
    assert '<html lang="id">' in admin.get("/").text


def test_two_servers_in_one_process_have_all_their_callbacks_and_pages(
    settings: Settings, engine: Engine, clock: Callable[[], datetime], admin: FlaskClient
):
    first = len(admin.get("/_dash-dependencies").json)

    other = create_server(settings, engine, clock=clock).test_client()
    other.set_cookie("hf", admin.get_cookie("hf").value)

    assert len(other.get("/_dash-dependencies").json) == first
    assert open_page(admin, "/")["_pages_store"] == open_page(other, "/")["_pages_store"]


def test_misspelt_ids_are_not_hidden(admin: FlaskClient):
    assert '"suppress_callback_exceptions":false' in admin.get("/").text
