"""Every secret that can be made is made and used; afterwards none of them is in the database, in a log or on a page."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, make_url

from app.people.desk import People
from app.people.invitations import Invitation
from app.principal import COMMAND_LINE, Role
from app.server import create_server
from app.settings import Settings
from models.db import session_scope
from models.embedded import binaries
from models.tables import EnrollmentKey, ReadToken
from models.tokens import TokenKind, make_token
from models.write.devices import issue_token, register_device

#: How the secrets of machines and invitations begin.
READABLE = re.compile(r"^(hf[der]_[a-z0-9]{8}_|hfi_)")
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD, NEW = "a password nobody may find", "a newer one nobody may find"
GUESS = "a guess nobody may find either"


class Recorder:
    """A browser, and everything that the server ever answered it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.answers: list[str] = []

    def send(self, method: str, path: str, **options: Any) -> Any:
        answer = self.client.open(path, method=method, **options)
        # The cookie that carries the session is the one place where it has to be.
        headers = [f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie"]
        self.answers.append("\n".join([*headers, answer.text]))
        return answer

    def form(self, path: str, **fields: str) -> Any:
        token = re.search(r'name="token" value="([^"]+)"', self.client.get(path).text)
        return self.send("POST", path, data={"token": token[1] if token else "", **fields}, headers=OWN_PAGE)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.fixture
def browser(settings: Settings, engine: Engine, clock: Any, log_file: Path) -> Iterator[Recorder]:
    update = {"log_file": log_file, "log_format": "json"}
    return Recorder(create_server(settings.model_copy(update=update), engine, clock=clock).test_client())


def secrets_of_people(browser: Recorder, people: People) -> set[str]:
    """Invite, log in wrongly and rightly, change the password; in every way that leaves a trace."""
    invitation: Invitation = people.invite("sari", Role.ADMIN, by=COMMAND_LINE)
    browser.form("/login", name="sari", password=GUESS)
    browser.form("/invitation", code=invitation.code, name="", password=PASSWORD, again=PASSWORD)
    first = browser.client.get_cookie("hf").value
    browser.send("POST", "/account/password", data={"present": GUESS, "new": NEW, "again": NEW}, headers=OWN_PAGE)
    browser.send("POST", "/account/password", data={"present": PASSWORD, "new": NEW, "again": NEW}, headers=OWN_PAGE)
    second = browser.client.get_cookie("hf").value
    assert second != first
    return {invitation.code, PASSWORD, NEW, GUESS, first, second}


def secrets_of_programs(browser: Recorder, engine: Engine, now: Any) -> set[str]:
    """Use a device token, an enrollment key and a read token, where they belong and where they do not."""
    key, reader = make_token(TokenKind.ENROLLMENT), make_token(TokenKind.READ)
    until = now.replace(year=2027)
    with session_scope(engine) as session:
        register_device(session, "pi-2", now=now)
        device = issue_token(session, "pi-2", now=now)
        session.execute(insert(EnrollmentKey).values(id=key.id, digest=key.digest, max_uses=9, expires_at=until))
        session.execute(insert(ReadToken).values(id=reader.id, digest=reader.digest, note="n", expires_at=until))
    reading = {"readings": [{"ts": "2026-11-23T00:29:00Z", "ph": 6.0, "water_c": 20.0}]}
    for secret in (device, key.text, reader.text):
        headers = {"Authorization": f"Bearer {secret}"}
        browser.send("POST", "/api/v1/readings", json=reading, headers=headers)
        browser.send("GET", "/api/v1/devices", headers=headers)
        browser.send("GET", f"/api/v1/devices?token={secret}", headers=headers)
        browser.send("POST", "/api/v1/enroll", json={"serial": "10000000abcdef12", "token": secret}, headers=headers)
    return {device, key.text, reader.text}


def dump_of(engine: Engine) -> str:
    """Write the whole database out as text, as a backup does."""
    url = make_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    command = [binaries() / "pg_dump", "--inserts", f"--dbname={url}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def postgres_log_of(engine: Engine) -> str:
    """Read what the database server wrote into its own log."""
    socket_dir = parse_qs(urlsplit(engine.url.render_as_string()).query)["host"][0]
    logs = Path(unquote(socket_dir)).parent.glob("postgres-log/*")
    return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)


def test_no_secret_is_found_anywhere_but_with_its_holder(
    browser: Recorder, engine: Engine, clock: Any, now: Any, log_file: Path, capsys: Any, caplog: Any
):
    secrets = {
        *secrets_of_people(browser, People(engine, clock)),
        *secrets_of_programs(browser, engine, now),
    }
    for path in ("/", "/users", "/audit", "/account", "/_dash-layout"):
        browser.send("GET", path)

    places = {
        "the database": dump_of(engine),
        "the log of the database": postgres_log_of(engine),
        "the log": log_file.read_text(encoding="utf-8") + caplog.text,
        "standard output": "".join(capsys.readouterr()),
        "an answer": "\n".join(browser.answers),
    }
    assert "INSERT INTO public.users" in places["the database"]
    assert '"path": "/api/v1/readings"' in places["the log"].replace("'", '"')
    # A secret without its readable beginning, too: hfd_k3x9m2qa_ may be written, what follows may not.
    forms = {form for secret in secrets for form in (secret, READABLE.sub("", secret))}
    found = {(where, secret) for where, text in places.items() for secret in forms if secret in text}
    assert found == set()
