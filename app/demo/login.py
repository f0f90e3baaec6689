"""The demo's login: made once, kept in a file that only its owner may read, shown at every start."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.passwords import hash_password
from models.read.people import find_user
from models.write.people import create_user, set_password

NAME = "demo"
ROLE = "admin"


@dataclass(frozen=True, slots=True)
class Login:
    """What to type into the login page."""

    name: str
    password: str


def demo_login(session: Session, folder: Path) -> Login:
    """Give the demo's login, making it or its lost file anew."""
    file = folder / "demo-password"
    user = find_user(session, NAME)
    if user is not None and file.is_file():
        return Login(NAME, file.read_text(encoding="utf-8").strip())
    login = Login(NAME, secrets.token_urlsafe(12))
    if user is None:
        create_user(session, NAME, ROLE, hash_password(login.password))
    else:
        set_password(session, NAME, hash_password(login.password))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(login.password + "\n")
    return login
