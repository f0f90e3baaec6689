"""Who is asking: the person behind the current request."""

from dataclasses import dataclass
from enum import StrEnum, unique

from flask import g, has_request_context


@unique
class Role(StrEnum):
    """What a person may do; each role may do everything that the ones before it may."""

    VIEWER = "viewer"
    AGRONOMIST = "agronomist"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Tell whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Principal:
    """A person who is logged in."""

    id: int
    name: str
    role: Role
    language: str | None = None
    ppm_scale: int | None = None


def set_current_user(user: Principal) -> None:
    """Remember for the rest of this request who is asking."""
    g.hydrofleet_user = user


def current_user() -> Principal | None:
    """Give the person who asks, or None: nobody is logged in, or no request is being answered."""
    return g.get("hydrofleet_user") if has_request_context() else None
