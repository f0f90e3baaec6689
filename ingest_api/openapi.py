"""The API reference as an OpenAPI 3.1 document, written from what the views declare, and from nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from ingest_api.admission import Admission, Admits, admission_of
from ingest_api.operations import Operation, operation_of
from ingest_api.problems import MEDIA_TYPE, PROBLEM_TYPES, ProblemBody
from models.names import DEVICE_NAME_PATTERN
from models.roles import Role

PREFIX = "/api/"
_REFERENCE = "#/components/schemas/{name}"
_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?:max=(?P<most>\d+))?\))?:)?(?P<name>\w+)>")
_SAFE = ("GET", "HEAD", "OPTIONS")
_DESCRIPTION = (
    "Times are RFC 3339 with an offset and come back in UTC. Conductivity is EC at 25 °C in µS/cm. Every error is an "
    "RFC 9457 problem whose `type` is stable, and whose address explains it. Lists come page by page: `next` is the "
    "cursor of the following page, null on the last one. What is added to this version never breaks a program that "
    "passes over members it does not know."
)
_SECURITY = {
    "deviceToken": {"type": "http", "scheme": "bearer", "description": "A Pi's own token, hfd_…"},
    "enrollmentKey": {"type": "http", "scheme": "bearer", "description": "A key to join with, hfe_…"},
    "readToken": {"type": "http", "scheme": "bearer", "description": "A read token of a script or notebook, hfr_…"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "hf",
        "description": "Somebody who is logged in; the cookie is called __Host-hf behind TLS. "
        "A changing request has to say in Origin or Sec-Fetch-Site that it comes from this server.",
    },
}
_SCHEME_OF = {
    Admits.DEVICE: "deviceToken",
    Admits.ENROLLMENT_KEY: "enrollmentKey",
    Admits.READER: "readToken",
    Admits.PERSON: "session",
}
_PATH_PARAMETERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "name": ("The name of a device, such as pi-7.", {"type": "string", "pattern": DEVICE_NAME_PATTERN}),
}
#: Under which heading an address stands whose first part does not say it.
_TAGS = {
    "write": "readings",
    "docs": "reference",
    "redoc": "reference",
    "openapi": "reference",
    "problems": "reference",
}
_OF_BODIES = ("malformed-body", "malformed-gzip", "too-large", "unsupported-media-type", "unsupported-encoding")


def openapi_document(app: Flask) -> dict[str, Any]:
    """Describe every route below ``/api/`` of an application."""
    routes = [route for rule in app.url_map.iter_rules() for route in _routes(app, rule)]
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda one: (one.path, one.method)):
        paths.setdefault(route.path, {})[route.method.lower()] = _describe(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "hydrofleet", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


@dataclass(frozen=True)
class _Route:
    """One method of one address, with everything its view says."""

    rule: Rule
    method: str
    view: Callable[..., Any]
    declared: Operation

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return _VARIABLE.sub(r"{\g<name>}", self.rule.rule)

    @property
    def tag(self) -> str:
        parts = [part for part in self.path.removeprefix(PREFIX).split("/") if part not in ("v1", "v2")]
        first = parts[0].split(".")[0]
        return _TAGS.get(first, first)

    @property
    def admission(self) -> Admission:
        return admission_of(self.view)

    @property
    def problems(self) -> list[str]:
        """The slugs of everything that can go wrong."""
        return list(dict.fromkeys([*self.declared.problems, *self._usual()]))

    def _usual(self) -> Iterator[str]:
        whom = self.admission.whom
        yield "malformed-parameter"
        if self.declared.bodies:
            yield from _OF_BODIES
        if "application/json" in self.declared.bodies:
            yield "invalid-body"
        if Admits.ANYBODY not in whom:
            yield "unauthorized"
        if Admits.PERSON in whom and (self.method not in _SAFE or self.admission.role is not Role.VIEWER):
            yield "forbidden"
        if Admits.DEVICE in whom:
            yield "device-blocked"
        if self.rule.arguments:
            yield "not-found"
        if self.method not in _SAFE:
            yield "storage-full"
        yield from ("internal-error", "busy", "database-unavailable")


def _routes(app: Flask, rule: Rule) -> Iterator[_Route]:
    view = app.view_functions[rule.endpoint]
    declared = operation_of(view)
    if declared is None or not rule.rule.startswith(PREFIX):
        return
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield _Route(rule, method, view, declared)


def _schemas(routes: list[_Route]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Write the JSON schema of every type that is sent or answered: references by type, and what they lead to."""
    kinds = [kind for route in routes for kind in _kinds_of(route.declared)]
    single = [one for kind in kinds for one in (kind if isinstance(kind, tuple) else (kind,))]
    types = list(dict.fromkeys([ProblemBody, *(one for one in single if one is not None and not _is_schema(one))]))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return dict(zip(types, schemas, strict=True)), _portable(components)


def _portable(schema: Any) -> Any:
    """Write patterns as JSON Schema reads them: Python's end of the text is a Z there."""
    if isinstance(schema, dict):
        whole = {name: _portable(inner) for name, inner in schema.items()}
        if isinstance(whole.get("pattern"), str):
            whole["pattern"] = whole["pattern"].replace(r"\Z", "$")
        return whole
    return [_portable(inner) for inner in schema] if isinstance(schema, list) else schema


def _kinds_of(declared: Operation) -> list[Any]:
    return [*declared.bodies.values(), declared.answer, *declared.also.values()]


def _is_schema(kind: Any) -> bool:
    return isinstance(kind, Mapping)


def _describe(route: _Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    declared = route.declared
    described: dict[str, Any] = {
        "operationId": route.rule.endpoint.rpartition(".")[2],
        "tags": [route.tag],
        "summary": declared.summary,
        "description": " ".join(filter(None, (declared.about, _whom(route.admission)))),
        "parameters": [*_path_parameters(route.rule), *_query_parameters(declared)],
        "responses": {**_successes(declared, schemas), **_failures(route, schemas)},
        "security": _security(route.admission),
    }
    if declared.bodies:
        content = {media: {"schema": _schema_of(kind, schemas)} for media, kind in declared.bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _whom(admission: Admission) -> str:
    if Admits.PERSON in admission.whom and admission.role is not Role.VIEWER:
        return f"People need the role {admission.role}."
    return ""


def _security(admission: Admission) -> list[dict[str, list[str]]]:
    return [{scheme: []} for whom, scheme in _SCHEME_OF.items() if whom in admission.whom]


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for variable in _VARIABLE.finditer(rule.rule):
        about, schema = _PATH_PARAMETERS.get(variable["name"], ("", {"type": "string"}))
        if variable["kind"] == "int":
            schema = {"type": "integer", "minimum": 0, "maximum": int(variable["most"])}
        yield {"name": variable["name"], "in": "path", "required": True, "description": about, "schema": schema}


def _query_parameters(declared: Operation) -> Iterator[dict[str, Any]]:
    for one in declared.query:
        yield {"name": one.name, "in": "query", "description": one.about, "schema": dict(one.schema)}


def _successes(declared: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    answers = {declared.status: declared.answer, **declared.also}
    return {str(status): _success(declared, kind, schemas) for status, kind in sorted(answers.items())}


def _success(declared: Operation, kind: Any, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    if kind is None:
        return {"description": declared.summary}
    media = kind if _is_schema(kind) else {"application/json": kind}
    content = {name: {"schema": _schema_of(one, schemas)} for name, one in media.items()}
    return {"description": declared.summary, "content": content}


def _failures(route: _Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    """Give one response per status; its ``type`` is one of the problems that have this status."""
    by_status: dict[int, list[str]] = {}
    for slug in route.problems:
        by_status.setdefault(PROBLEM_TYPES[slug].status, []).append(slug)
    return {str(status): _failure(slugs, schemas) for status, slugs in sorted(by_status.items())}


def _failure(slugs: list[str], schemas: Mapping[Any, Any]) -> dict[str, Any]:
    kinds = [PROBLEM_TYPES[slug] for slug in slugs]
    of_these = {"properties": {"type": {"enum": [kind.uri for kind in kinds]}}}
    described: dict[str, Any] = {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"allOf": [schemas[ProblemBody], of_these]}}},
    }
    if kinds[0].status in (429, 503):
        described["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
    return described


def _schema_of(kind: Any, schemas: Mapping[Any, Any]) -> Any:
    if isinstance(kind, tuple):
        return {"anyOf": [_schema_of(one, schemas) for one in kind]}
    return kind if _is_schema(kind) else schemas[kind]
