"""Who is asking: the person behind the current request."""

from dataclasses import dataclass

from flask import g, has_request_context

from models.roles import Role

__all__ = ["COMMAND_LINE", "Principal", "Role", "current_user", "set_current_user"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A person who is logged in."""

    id: int
    name: str
    role: Role
    language: str | None = None
    #: In which conductivity is written, a value of ConductivityUnit.
    unit: str | None = None
    time_zone: str | None = None
    #: Names the session that carries this request to its own person; see models.read.people.OpenSession.
    session: str | None = None


#: Whoever may run commands on the server may do everything there; the audit log calls them so.
COMMAND_LINE = Principal(0, "command line", Role.ADMIN)


def set_current_user(user: Principal) -> None:
    """Remember for the rest of this request who is asking."""
    g.hydrofleet_user = user


def current_user() -> Principal | None:
    """Give the person who asks, or None: nobody is logged in, or no request is being answered."""
    return g.get("hydrofleet_user") if has_request_context() else None
