"""Every route, every method, every kind of caller, against the table in access_matrix.toml."""

import hashlib
import secrets
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, insert
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from models.db import session_scope
from models.read.people import find_user
from models.tables import EnrollmentKey, ReadToken
from models.tokens import TokenKind, make_token
from models.write.devices import issue_token, register_device, revoke_tokens
from models.write.people import create_user, start_session

PEOPLE = ("viewer", "agronomist", "admin")
PROGRAMS = ("device", "revoked device", "read token", "enrollment key")
PRINCIPALS = ("anonymous", *PEOPLE, *PROGRAMS)
TABLE = Path(__file__).with_name("access_matrix.toml")
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html, */*"}
#: The tank that the routes are asked about.
TANK, REVOKED_TANK = "pi-2", "pi-3"
#: Values of path variables; every other one is the tank's name.
KNOWN = {"package_name": "plotly", "fingerprinted_path": "package_data/plotly.min.js", "kind": "css"}


def allowed() -> dict[str, frozenset[str]]:
    """Read the table: who is let in, by ``"METHOD rule"``."""
    table: dict[str, frozenset[str]] = {}
    for name, group in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        assert set(group["let_in"]) <= set(PRINCIPALS), f"[{name}] lets in somebody unknown; known are {PRINCIPALS}"
        for line in filter(None, group["routes"].splitlines()):
            route = " ".join(line.split())
            assert route not in table, f"{route!r} stands in {TABLE.name} twice; take it out of one group"
            table[route] = frozenset(group["let_in"])
    return table


def routes_of(server: Flask) -> dict[str, tuple[str, str]]:
    """List what the server answers: ``"METHOD rule"`` to the method and an address to call."""
    return {
        f"{method} {rule}": (method, address(server, rule))
        for rule in server.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    }


def address(server: Flask, rule: Rule) -> str:
    numbers = {"IntegerConverter", "FloatConverter"}
    usual = {name: 1 if type(rule._converters[name]).__name__ in numbers else TANK for name in rule.arguments}
    values = {name: KNOWN.get(name, value) for name, value in usual.items()}
    return server.url_map.bind("localhost").build(rule.endpoint, values)


def is_let_in(answer: TestResponse) -> bool:
    """Tell whether the caller got as far as the route itself."""
    leads_to_login = answer.status_code == 302 and answer.location.split("?")[0] == "/login"
    return answer.status_code not in {401, 403} and not leads_to_login


@dataclass(frozen=True, slots=True)
class Callers:
    """Makes a credential of every kind, a new one for every call: what one call ends does not fail the next."""

    engine: Engine
    now: datetime
    _numbers: Iterator[int] = field(default_factory=lambda: count(100))

    def headers(self, principal: str) -> dict[str, str]:
        """Give the headers of a request that ``principal`` sends."""
        if principal == "anonymous":
            return OWN_PAGE
        if principal in PEOPLE:
            return {**OWN_PAGE, "Cookie": f"hf={self._session(principal)}"}
        makers: dict[str, Any] = {
            "device": self._device,
            "revoked device": self._revoked,
            "read token": self._reader,
            "enrollment key": self._key,
        }
        return {**OWN_PAGE, "Authorization": f"Bearer {makers[principal]()}"}

    def _session(self, role: str) -> str:
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).digest()
        with session_scope(self.engine) as session:
            user = find_user(session, role) or create_user(session, role, role, "never typed")
            start_session(session, user.id, digest, now=self.now, expires_at=self.now + timedelta(hours=1))
        return token

    def _device(self) -> str:
        with session_scope(self.engine) as session:
            return issue_token(session, TANK, now=self.now)

    def _revoked(self) -> str:
        with session_scope(self.engine) as session:
            token = issue_token(session, REVOKED_TANK, now=self.now)
            device = register_device(session, f"pi-{next(self._numbers)}", now=self.now)
            lost = issue_token(session, device.name, now=self.now)
            revoke_tokens(session, device.id, now=self.now)
        assert token != lost
        return lost

    def _reader(self) -> str:
        token = make_token(TokenKind.READ)
        values = {"id": token.id, "digest": token.digest, "note": "matrix", "expires_at": self.now + timedelta(days=1)}
        with session_scope(self.engine) as session:
            session.execute(insert(ReadToken).values(values))
        return token.text

    def _key(self) -> str:
        token = make_token(TokenKind.ENROLLMENT)
        values = {"id": token.id, "digest": token.digest, "max_uses": 9, "expires_at": self.now + timedelta(days=1)}
        with session_scope(self.engine) as session:
            session.execute(insert(EnrollmentKey).values(values))
        return token.text


@pytest.fixture
def callers(engine: Engine, now: datetime) -> Iterator[Callers]:
    with session_scope(engine) as session:
        register_device(session, TANK, now=now - timedelta(days=1))
        register_device(session, REVOKED_TANK, now=now - timedelta(days=1))
    return Callers(engine, now)


def test_every_route_has_a_line_in_the_table(server: Flask):
    routes, table = routes_of(server), allowed()
    missing, gone = sorted(set(routes) - set(table)), sorted(set(table) - set(routes))

    assert not missing, (
        f"nobody has decided who may call {', '.join(missing)}: add each as a line to one group of {TABLE}"
    )
    assert not gone, f"the server no longer answers {', '.join(gone)}: take the lines out of {TABLE}"


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_each_caller_gets_as_far_as_the_table_says(server: Flask, callers: Callers, principal: str):
    client, table, wrong = server.test_client(use_cookies=False), allowed(), []
    for route, (method, path) in routes_of(server).items():
        answer = client.open(path, method=method, headers=callers.headers(principal))
        answer.close()
        if answer.status_code == 500 or is_let_in(answer) != (principal in table.get(route, ())):
            wrong.append(f"{route} answers {answer.status_code}")

    assert not wrong, f"to {principal}, {'; '.join(wrong)}: correct the route, or its place in {TABLE}"


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_asking_for_the_methods_of_a_route_tells_nothing_else(server: Flask, callers: Callers, principal: str):
    client = server.test_client(use_cookies=False)
    headers = callers.headers(principal)

    for path in sorted({path for _, path in routes_of(server).values()}):
        answer = client.open(path, method="OPTIONS", headers=headers)
        assert not is_let_in(answer) or answer.data == b"", path


@pytest.mark.parametrize(
    "forged",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {}],
    ids=["cross-site", "neighbouring site", "origin", "says nothing"],
)
def test_another_site_cannot_use_the_session_of_an_administrator(
    server: Flask, callers: Callers, forged: dict[str, str]
):
    """Whatever the route: what changes something takes a request of our own pages."""
    client, wrong = server.test_client(use_cookies=False), []
    for route, (method, path) in routes_of(server).items():
        if method != "GET":
            answer = client.open(path, method=method, headers={"Cookie": callers.headers("admin")["Cookie"], **forged})
            if is_let_in(answer):
                wrong.append(f"{route} answers {answer.status_code}")

    assert not wrong, f"another site gets through: {'; '.join(wrong)}"


def test_a_role_is_what_the_database_says_now(server: Flask, callers: Callers, engine: Engine):
    """A person who is disabled between two clicks is out at the second."""
    client, headers = server.test_client(use_cookies=False), callers.headers("admin")
    assert client.get("/_dash-layout", headers=headers).status_code == 200

    with session_scope(engine) as session:
        session.connection().exec_driver_sql("UPDATE users SET disabled_at = now() WHERE name = 'admin'")

    assert client.get("/_dash-layout", headers=headers).status_code == 401
