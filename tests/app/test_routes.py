"""How the server answers whom it does not let in, and what every answer carries; the table is access_matrix.toml."""

import re

import pytest
from flask.testing import FlaskClient

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


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


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/fleet", 200),
        ("/fleet/", 200),
        ("/devices/pi-1", 200),
        ("/nowhere", 404),
        ("/fleet/nowhere", 404),
        ("/devices", 404),
        ("/devices/pi-1/x", 404),
    ],
)
def test_an_address_without_a_page_answers_404_with_the_dashboard_that_says_so(
    viewer: FlaskClient, path: str, status: int
):
    answer = viewer.get(path, headers={"Accept": "text/html"})

    assert (answer.status_code, "_dash-config" in answer.text) == (status, True)
    assert viewer.get(path, headers={"Accept": "image/avif,*/*;q=0.8"}).status_code == status


def test_a_file_that_is_not_there_leads_a_browser_home_in_its_language(viewer: FlaskClient):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "id"}

    page = viewer.get("/devices/pi-404/shown.csv", headers=browser)
    script = viewer.get("/devices/pi-404/shown.csv", headers={"Accept": "*/*"})

    assert (page.status_code, script.status_code) == (404, 404)
    assert "<h1>Tidak ada apa-apa di alamat ini</h1>" in page.text
    assert '<a href="/" class="primary">Ke halaman Hari ini</a>' in page.text
    assert "there is no device called &#39;pi-404&#39;" in page.text
    assert "Tidak ada" not in script.text


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

    # A route of a debugger or of the MCP server would have no line in access_matrix.toml.
    rules = "\n".join(str(rule) for rule in server.url_map.iter_rules())
    assert not re.search("mcp|debug|console|dev-tools|alive", rules)
    assert not server.debug
