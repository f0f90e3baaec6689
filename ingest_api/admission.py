"""Whom a route lets in. A route that does not say is closed to everybody."""

from collections.abc import Callable
from enum import Enum, unique
from typing import TypeVar

from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


@unique
class Admits(Enum):
    """Whom a route lets in."""

    ANYBODY = "anybody"
    DEVICE = "device"
    READER = "reader"
    NOBODY = "nobody"


def admits(whom: Admits) -> Callable[[View], View]:
    """Open a view to one kind of principal."""

    def mark(view: View) -> View:
        view.admits = whom  # type: ignore[attr-defined]
        return view

    return mark
