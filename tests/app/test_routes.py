"""Every route of the server, and who gets in: a route that is not in this table fails the build."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}

ANYBODY = "anybody"
PEOPLE = "people who have logged in"
#: The machine API checks its own credentials: people may read there, only devices may send.
READERS = "people, and programs that may read"
DEVICES = "devices"

ROUTES = {
    "/login": ANYBODY,
    "/language": ANYBODY,
    "/login/static/<path:filename>": ANYBODY,
    "/healthz": ANYBODY,
    "/readyz": ANYBODY,
    "/logout": PEOPLE,
    "/": PEOPLE,
    "/<path:path>": PEOPLE,
    "/assets/<path:filename>": PEOPLE,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": PEOPLE,
    "/devices/<name>/shown.csv": PEOPLE,
    "/_dash-layout": PEOPLE,
    "/_dash-dependencies": PEOPLE,
    "/_dash-update-component": PEOPLE,
    "/_reload-hash": PEOPLE,
    "/_favicon.ico": PEOPLE,
    "/api/v1/problems/<slug>": ANYBODY,
    "/api/v1/devices": READERS,
    "/api/v1/devices/<name>": READERS,
    "/api/v1/devices/<name>/readings": READERS,
    "/api/v1/readings/latest": READERS,
    "/api/v1/readings": DEVICES,
    "/api/v1/device/config": DEVICES,
}


def call_everything(server: Flask, client: FlaskClient) -> dict[tuple[str, str], TestResponse]:
    """Call every rule with every method it takes; the answers by rule and method.

    Logging out comes last: halfway through the table it would turn the rest away.
    """
    rules = sorted(server.url_map.iter_rules(), key=lambda rule: str(rule) == "/logout")
    return {
        (str(rule), method): client.open(address(server, rule), method=method, headers=OWN_PAGE)
        for rule in rules
        for method in sorted(rule.methods or ())
    }


def address(server: Flask, rule: Rule) -> str:
    return server.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, "pi-2"))


def is_turned_away(answer: TestResponse) -> bool:
    leads_to_login = answer.status_code == 302 and answer.location.split("?")[0] == "/login"
    return answer.status_code == 401 or leads_to_login


def test_every_route_is_in_the_table(server: Flask):
    assert {str(rule) for rule in server.url_map.iter_rules()} == set(ROUTES)


def test_nobody_gets_further_than_the_table_says(server: Flask, client: FlaskClient):
    answers = call_everything(server, client)

    let_in = {
        rule
        for (rule, method), answer in answers.items()
        # OPTIONS only names the methods of a route, and flask-httpauth lets it pass.
        if not is_turned_away(answer) and not (method == "OPTIONS" and ROUTES[rule] is DEVICES)
    }
    assert let_in == {rule for rule, whom in ROUTES.items() if whom is ANYBODY}


def test_a_viewer_is_turned_away_only_where_devices_speak(server: Flask, viewer: FlaskClient):
    answers = call_everything(server, viewer)

    turned_away = {rule for (rule, _), answer in answers.items() if is_turned_away(answer)}
    assert turned_away - {"/logout"} == {rule for rule, whom in ROUTES.items() if whom is DEVICES}


@pytest.mark.parametrize(
    ("path", "accept", "status", "location"),
    [
        ("/", "text/html", 302, "/login"),
        ("/devices/pi-2?range=7d", "text/html", 302, "/login?next=/devices/pi-2%3Frange%3D7d"),
        ("/devices/pi-2", "application/json", 401, None),
        ("/_dash-layout", "text/html", 401, None),
        ("/_dash-dependencies", "*/*", 401, None),
    ],
)
def test_pages_lead_to_the_login_and_scripts_are_told_401(
    client: FlaskClient, path: str, accept: str, status: int, location: str | None
):
    answer = client.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.location) == (status, location)


def test_a_callback_of_nobody_is_not_run(client: FlaskClient):
    answer = client.post("/_dash-update-component", json={}, headers=OWN_PAGE)

    assert (answer.status_code, answer.json["error"]) == (401, "not-logged-in")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}],
    ids=["none", "site", "origin"],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/language", "/_dash-update-component"])
def test_a_changing_request_from_another_site_is_refused(viewer: FlaskClient, path: str, headers: dict[str, str]):
    assert viewer.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nope", 404), ("GET", "/api/v1/readings", 405), ("DELETE", "/api/v1/readings", 405)],
)
@pytest.mark.parametrize("who", ["client", "viewer"])
def test_a_misspelt_api_address_is_a_problem_not_a_page(
    request: pytest.FixtureRequest, who: str, method: str, path: str, status: int
):
    answer = request.getfixturevalue(who).open(path, method=method)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    if status == 405:
        assert answer.headers["Allow"] == "OPTIONS, POST"


def test_answers_carry_the_security_headers(viewer: FlaskClient):
    headers = viewer.get("/").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_private_answers_are_not_kept_by_caches(viewer: FlaskClient):
    assert viewer.get("/_dash-layout").headers["Cache-Control"] == "no-store"


def test_settings_in_the_environment_open_nothing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    monkeypatch.setenv("DASH_DEBUG", "true")

    server = request.getfixturevalue("server")

    assert {str(rule) for rule in server.url_map.iter_rules()} == set(ROUTES)
    assert not server.debug
