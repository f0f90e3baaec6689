"""What goes wrong while a request is served, turned into problem answers. Bad input never becomes a 500."""

import logging
import secrets
from typing import Any

import psycopg
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ingest_api.overload import Overloaded
from ingest_api.problems import PROBLEM_TYPES, Problem, respond

log = logging.getLogger(__name__)

_SLUG_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}
# PostgreSQL error codes of a full disk or memory, and the system's own error while writing the log.
_FULL = ("53100", "53200", "58030")


def install(blueprint: Blueprint) -> None:
    """Answer every failure below ``/api/`` as a problem, also where no route was found."""
    blueprint.register_error_handler(Problem, respond)
    blueprint.register_error_handler(OperationalError, database_unavailable)
    blueprint.register_error_handler(psycopg.OperationalError, database_unavailable)
    blueprint.register_error_handler(TimeoutError, busy)
    blueprint.register_error_handler(Overloaded, overloaded)
    blueprint.register_error_handler(Exception, unexpected)
    blueprint.app_errorhandler(HTTPException)(http_error)


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer Flask's own errors below ``/api/``; leave those of pages as they are."""
    if not request.path.startswith("/api/") or error.response is not None:
        return error
    slug = _SLUG_OF_STATUS.get(error.code or 500, "malformed-body" if (error.code or 500) < 500 else "internal-error")
    return respond(Problem(slug, error.description or PROBLEM_TYPES[slug].title, headers=_headers_of(error)))


def database_unavailable(error: OperationalError | psycopg.OperationalError) -> Response:
    """Ask the sender to come back: the database is away, restarting, overloaded or full."""
    cause = error.orig if isinstance(error, OperationalError) else error
    slug = "storage-full" if getattr(cause, "sqlstate", None) in _FULL else "database-unavailable"
    log.warning("%s: %s", slug, cause)
    return respond(Problem(slug, "nothing of this request was stored", headers=retry_after(5, 15)))


def busy(error: TimeoutError) -> Response:
    """Ask the sender to come back: every database connection is taken."""
    log.warning("no free database connection: %s", error)
    return respond(Problem("busy", "nothing of this request was stored", headers=retry_after(1, 5)))


def overloaded(error: Overloaded) -> Response:
    """Ask the sender to come back: there is more to do than can be done now."""
    log.info("turned away: %s", error)
    return respond(Problem("busy", f"{error}; nothing of this request was stored", headers=retry_after(1, 5)))


def unexpected(error: Exception) -> ResponseReturnValue:
    """Answer a defect of our own, and log it with its traceback."""
    if isinstance(error, HTTPException):
        return http_error(error)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return respond(
            Problem("database-unavailable", "nothing of this request was stored", headers=retry_after(5, 15))
        )
    log.error("request failed", exc_info=error)
    return respond(Problem("internal-error", "the request id finds this failure in the server's log"))


def retry_after(least_s: int, most_s: int) -> dict[str, str]:
    """Spread the senders that come back, so that they do not come all at once."""
    return {"Retry-After": str(least_s + secrets.randbelow(most_s - least_s + 1))}


def _headers_of(error: HTTPException) -> dict[str, Any]:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(sorted(error.valid_methods))}
    return {}
