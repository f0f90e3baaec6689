"""People who manage people."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from app.people.account import OwnAccount
from app.people.desk import People
from app.principal import Principal, Role
from models.db import session_scope
from models.read.people import find_user


@pytest.fixture
def people(engine: Engine, clock: Any) -> People:
    return People(engine, clock)


@pytest.fixture
def account(engine: Engine, clock: Any) -> OwnAccount:
    return OwnAccount(engine, clock)


@pytest.fixture
def person(engine: Engine) -> Callable[[str], Principal]:
    """Give a person of the database as the one who asks."""

    def person(name: str) -> Principal:
        with session_scope(engine) as session:
            user = find_user(session, name)
        assert user is not None
        return Principal(user.id, user.name, Role(user.role))

    return person


@pytest.fixture
def admin(add_person: Callable[..., None], person: Callable[[str], Principal]) -> Principal:
    """Ratna, the only administrator."""
    add_person("ratna", "admin")
    return person("ratna")
