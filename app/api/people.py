"""``GET /users``: who may log in."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Engine

from app.api.wire import Stamp, written
from app.people.desk import People
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation


class UserEntry(Struct):
    """A person; ``disabled_at`` is null for one who may log in."""

    name: str
    role: str
    disabled_at: Stamp | None


class UserList(Struct):
    """Everybody, by name."""

    users: list[UserEntry]


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route."""
    people = People(engine, clock)

    @blueprint.get("/users")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("List the people", answer=UserList)
    def users() -> Response:
        """Everybody who may log in, and those who no longer may."""
        found = people.everybody(by=current_user())
        return answer(UserList([UserEntry(one.name, str(one.role), written(one.disabled_at)) for one in found]))
