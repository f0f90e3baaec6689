"""The server answers to its own names only, once it has been told them; and the environment opens nothing."""

import pytest
from sqlalchemy import Engine

from app.server import create_server
from app.settings import load_settings


@pytest.fixture
def client(engine: Engine, tmp_path):
    settings = load_settings(data_dir=tmp_path, log_format="console", server_names="Farm.example, 192.168.1.5")
    return create_server(settings, engine).test_client()


@pytest.mark.parametrize("name", ["farm.example", "FARM.example:8050", "192.168.1.5:8050"])
def test_its_own_names_are_answered(client, name):
    assert client.get("/login", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "farm.example.evil.example", "192.168.1.50", "[::1]", ""])
@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/readings", "/assets/shell.js"])
def test_other_names_are_not(client, name, path):
    refused = 400 if path.startswith("/api/") else 421  # the API has an answer of its own for what is not for it

    assert client.get(path, headers={"Host": name}).status_code == refused


def test_what_watches_over_the_server_needs_no_name(client):
    assert client.get("/healthz", headers={"Host": "127.0.0.1"}).status_code == 200


def test_switches_of_dash_in_the_environment_open_nothing(engine: Engine, tmp_path, monkeypatch):
    for switch in ("DASH_DEBUG", "DASH_MCP_ENABLED", "DASH_UI", "DASH_HOT_RELOAD", "DASH_PROPS_CHECK", "FLASK_DEBUG"):
        monkeypatch.setenv(switch, "true")

    server = create_server(load_settings(data_dir=tmp_path, log_format="console"), engine)
    client = server.test_client()

    assert not server.debug
    assert not [rule for rule in server.url_map.iter_rules() if "mcp" in str(rule)]
    assert client.get("/_mcp", headers={"Accept": "application/json"}).status_code == 401
    assert client.get("/_dash-layout").status_code == 401
    assert client.post("/_dash-update-component", json={}).status_code in (401, 403)
