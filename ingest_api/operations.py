"""What a route takes and gives, declared on its view: it checks requests, and the API reference is written from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import current_app, request
from flask.typing import ResponseReturnValue

from ingest_api.parameters import Parameter, check_query

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    ``answer`` is the type of the JSON that comes back (None: no body), or a JSON schema by media type. ``bodies`` are
    the bodies it takes, by media type: a type for JSON, a schema for anything else. Several types in a tuple mean: one
    of these. ``also`` are its other good answers, by status. ``problems`` are the slugs of
    :data:`ingest_api.problems.PROBLEM_TYPES` that are particular to it; those of credentials, parameters, bodies and a
    database that is away follow from the rest.
    """

    summary: str
    about: str = ""
    query: tuple[Parameter[Any], ...] = ()
    bodies: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    status: int = 200
    also: Mapping[int, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def operation(summary: str, *, body: Any = None, **more: Any) -> Callable[[View], View]:
    """Declare what a view takes and gives; ``body`` is short for a JSON body. The view's docstring says the rest."""
    bodies = more.pop("bodies", {}) if body is None else {"application/json": body}

    def mark(view: View) -> View:
        about = " ".join((view.__doc__ or "").split())
        view.operation = Operation(summary, about, bodies=bodies, **more)  # type: ignore[attr-defined]
        return view

    return mark


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """Give what was declared on a view; None where nothing was."""
    declared: Operation | None = getattr(view, "operation", None)
    return declared


def check_request() -> None:
    """Check the query of the request at hand against what its view declares; to be run before the view.

    Raises
    ------
    Problem
        400 for a parameter that the route does not have.
    """
    declared = operation_of(current_app.view_functions[request.endpoint or ""])
    if declared is not None and request.method != "OPTIONS":
        check_query(declared.query)
