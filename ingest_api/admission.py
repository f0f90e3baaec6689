"""Whom a route lets in. A route that does not say is closed to everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from flask.typing import ResponseReturnValue

from models.roles import Role

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class Admits(Flag):
    """Whom a route lets in; members combine with ``|``."""

    NOBODY = 0
    ANYBODY = auto()
    #: A Pi, by its own token.
    DEVICE = auto()
    #: A Pi that wants to join, by an enrollment key.
    ENROLLMENT_KEY = auto()
    #: A script or notebook, by a read token; only for GET.
    READER = auto()
    #: Somebody who is logged in.
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class Admission:
    """What a view said: whom it admits, and the least role of the people among them."""

    whom: Admits = Admits.NOBODY
    role: Role = Role.VIEWER


def admits(*whom: Admits, role: Role = Role.VIEWER) -> Callable[[View], View]:
    """Open a view to some kinds of principals; ``role`` is what a person has to be at least."""

    def mark(view: View) -> View:
        view.admission = Admission(reduce(or_, whom, Admits.NOBODY), role)  # type: ignore[attr-defined]
        return view

    return mark


def admission_of(view: Callable[..., Any]) -> Admission:
    """Give what a view said, NOBODY if it said nothing."""
    said: Admission = getattr(view, "admission", Admission())
    return said
