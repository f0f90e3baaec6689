"""Every error of the API as RFC 9457 ``application/problem+json``: what happened, where, and what to do."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Response, g, request
from msgspec import UNSET, Struct, UnsetType

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/api/v1/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of error. ``slug`` and ``status`` never change: programs decide by them."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def uri(self) -> str:
        """The stable ``type`` member; it can be fetched and explains itself."""
        return TYPE_PREFIX + self.slug


_TABLE = (
    ProblemType("malformed-body", 400, "The body is not valid JSON", "Send one UTF-8 JSON document (RFC 8259)."),
    ProblemType("malformed-gzip", 400, "The gzip body is damaged", "Compress again; one gzip member, complete."),
    ProblemType("malformed-parameter", 400, "A query parameter is not usable", "Correct the named parameter."),
    ProblemType("unauthorized", 401, "No valid credential", "Send 'Authorization: Bearer <token>' with a live token."),
    ProblemType("device-blocked", 403, "This device may not send", "Ask an administrator to unblock the device."),
    ProblemType("forbidden", 403, "This credential does not reach here", "Use a credential made for this route."),
    ProblemType("other-board", 403, "This token belongs to another board", "Let this board join as a Pi of its own."),
    ProblemType("enrollment-full", 403, "This key lets no more Pis in", "Make a new key, or one with more uses."),
    ProblemType("enrollment-rejected", 403, "This Pi was turned away", "Ask an administrator, or use a fresh card."),
    ProblemType("not-found", 404, "Nothing is here", "Check the address; routes are listed in the API reference."),
    ProblemType("unknown-device", 404, "No device has this name", "List the names with GET /api/v1/devices."),
    ProblemType("unknown-item", 404, "There is no such thing", "List what there is, and use a name or id from there."),
    ProblemType("method-not-allowed", 405, "This address does not take this method", "Use a method named in 'Allow'."),
    ProblemType("clone-detected", 409, "This token is in use elsewhere", "Make a new token, never copy a used card."),
    ProblemType("taken", 409, "Something like this is there already", "Change that one, or choose another name."),
    ProblemType("too-large", 413, "The body is too large", "Send fewer readings at a time, or compress with gzip."),
    ProblemType("too-many-readings", 413, "Too many readings in one body", "Send at most 10000 readings at a time."),
    ProblemType("unsupported-media-type", 415, "The body is not JSON", "Send 'Content-Type: application/json'."),
    ProblemType("unsupported-encoding", 415, "The encoding is not known", "Send the body plain, or gzipped once."),
    ProblemType("invalid-body", 422, "The body does not say what it should", "Correct the fields under 'errors'."),
    ProblemType("refused", 422, "What was asked for cannot be done", "Read 'detail'; it says what to change."),
    ProblemType("not-a-batch", 422, "The JSON is not a batch of readings", "Send an object with a 'readings' list."),
    ProblemType("no-reading-accepted", 422, "No reading could be accepted", "See 'rejected' for the fault of each."),
    ProblemType("too-many-attempts", 429, "Too many wrong keys", "Check the key; come back after 'Retry-After'."),
    ProblemType("some-rejected", 422, "Some lines could not be stored", "See 'rejected'; the others are stored."),
    ProblemType("busy", 503, "The server is busy", "Keep the readings and send them again after 'Retry-After'."),
    ProblemType(
        "database-unavailable", 503, "The database does not answer", "Keep the readings; send them again later."
    ),
    ProblemType("storage-full", 503, "The database has no space left", "Free disk space on the server."),
    ProblemType("internal-error", 500, "The server failed", "Keep the readings; tell the operator the request id."),
)
PROBLEM_TYPES: Mapping[str, ProblemType] = {kind.slug: kind for kind in _TABLE}


class Fault(Struct, omit_defaults=True):
    """What is wrong with one field of the body (``pointer``, RFC 6901) or with one parameter of the query."""

    detail: str | UnsetType = UNSET
    pointer: str | UnsetType = UNSET
    parameter: str | UnsetType = UNSET
    allowed: list[str] | UnsetType = UNSET


class ProblemBody(Struct):
    """An error as RFC 9457 writes it. ``remedy`` says what to do; ``request_id`` finds the request in the log."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    instance: str
    request_id: str
    errors: list[Fault] | UnsetType = UNSET


class Problem(Exception):
    """An error with an answer of its own; raised anywhere while a request is served."""

    def __init__(self, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.kind = PROBLEM_TYPES[slug]
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


def respond(problem: Problem) -> Response:
    """Write the problem as a response; extra members of the problem stand beside the standard ones."""
    kind, identity = problem.kind, request_id()
    body = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "remedy": kind.remedy,
        "instance": request.path,
        "request_id": identity,
        **problem.members,
    }
    headers = {**problem.headers, "X-Request-ID": identity, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body), kind.status, headers, content_type=MEDIA_TYPE)


def request_id() -> str:
    """Give the id of the request at hand: the application's if it set ``g.request_id``, else one made now."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)
