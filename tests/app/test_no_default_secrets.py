"""Nothing that opens a door comes with the software: whoever installs it makes each secret first."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app.demo.login import demo_login
from app.settings import InvalidSettings, Settings, load_settings
from models.db import session_scope

_DOORS = ("users", "device_tokens", "enrollment_keys", "read_tokens", "sessions", "invitations")


@pytest.mark.parametrize("table", _DOORS)
def test_a_new_database_holds_no_credential(engine: Engine, table: str):
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - a name from the list above


@pytest.mark.parametrize(("name", "password"), [("admin", "admin"), ("admin", ""), ("demo", "demo"), ("root", "root")])
def test_a_new_database_lets_nobody_in(
    client: FlaskClient, log_in: Callable[..., TestResponse], name: str, password: str
):
    answer = log_in(client, name, password)

    assert answer.status_code == 403
    assert client.get("/_dash-layout").status_code == 401


def test_no_setting_comes_with_a_secret(server: Flask):
    fields = Settings.model_fields.items()
    secret = [name for name, field in fields if SecretStr in getattr(field.annotation, "__args__", ())]

    assert secret == ["metrics_token"]
    assert [getattr(Settings(_env_file=None), name) for name in secret] == [None]
    # Sessions are rows and form tokens random numbers: there is no key that could have a well-known value.
    assert server.secret_key is None


def test_a_secret_that_can_be_guessed_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HYDROFLEET_METRICS_TOKEN", "changeme")

    with pytest.raises(InvalidSettings, match="HYDROFLEET_METRICS_TOKEN"):
        load_settings()


def test_two_demos_have_two_passwords(engine: Engine, tmp_path: Path):
    with session_scope(engine) as session:
        first = demo_login(session, tmp_path)
        (tmp_path / "demo-password").unlink()
        second = demo_login(session, tmp_path)

    assert first.password != second.password
    assert len(first.password) >= 16
    assert (tmp_path / "demo-password").stat().st_mode & 0o777 == 0o600
