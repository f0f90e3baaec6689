"""The API reference for programs and for people: the document, and two ways to read it without the internet.

Swagger UI (Apache-2.0) comes from the package flask-swagger-ui (MIT), ReDoc (MIT) from flask-openapi3-redoc (MIT); only
their files are used, served by this server and by nobody else.
"""

from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import msgspec
from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from ingest_api.admission import Admits, admits
from ingest_api.openapi import openapi_document
from ingest_api.operations import operation
from ingest_api.problems import Problem

_SWAGGER, _REDOC = "flask-swagger-ui", "flask-openapi3-redoc"
#: Address below /api/docs/ -> package and file; "" is our own.
_FILES = {
    "swagger-ui.css": (_SWAGGER, "flask_swagger_ui/dist/swagger-ui.css"),
    "swagger-ui-bundle.js": (_SWAGGER, "flask_swagger_ui/dist/swagger-ui-bundle.js"),
    "favicon-32x32.png": (_SWAGGER, "flask_swagger_ui/dist/favicon-32x32.png"),
    "redoc.standalone.js": (_REDOC, "flask_openapi3_redoc/templates/redoc/js/redoc.standalone.js"),
    "redoc.svg": (_REDOC, "flask_openapi3_redoc/templates/redoc/images/redoc.svg"),
    "start-swagger.js": ("", "start-swagger.js"),
    "start-redoc.js": ("", "start-redoc.js"),
}
_TYPES = {"css": "text/css", "js": "text/javascript", "png": "image/png", "svg": "image/svg+xml"}
# ReDoc fetches its own logo from its maker, whom it is none of the business who reads this.
_FOREIGN_LOGO, _OWN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"/api/docs/redoc.svg"
_PAGE = {"text/html": {"type": "string"}}
_ANY_FILE = {media: {"type": "string", "contentMediaType": media} for media in _TYPES.values()}


def add_routes(blueprint: Blueprint) -> None:
    """Attach the routes to the blueprint of everything below ``/api``."""

    @blueprint.get("/openapi.json")
    @admits(Admits.READER, Admits.PERSON)
    @operation("This document", answer={"application/json": {"type": "object"}})
    def openapi() -> Response:
        """OpenAPI 3.1, written by the running server."""
        document = msgspec.json.encode(openapi_document(current_app))
        return Response(document, content_type="application/json")

    @blueprint.get("/docs")
    @admits(Admits.READER, Admits.PERSON)
    @operation("The reference in Swagger UI", answer=_PAGE)
    def swagger() -> Response:
        """For trying requests out."""
        return Response(_own("swagger.html"), content_type="text/html; charset=utf-8")

    @blueprint.get("/redoc")
    @admits(Admits.READER, Admits.PERSON)
    @operation("The reference in ReDoc", answer=_PAGE)
    def redoc() -> Response:
        """For reading."""
        return Response(_own("redoc.html"), content_type="text/html; charset=utf-8")

    @blueprint.get("/docs/<file>")
    @admits(Admits.READER, Admits.PERSON)
    @operation("A file of the reference's pages", answer=_ANY_FILE)
    def docs_file(file: str) -> ResponseReturnValue:
        """Scripts, styles and pictures; they change only with the version of the server."""
        if file not in _FILES:
            raise Problem("not-found", "no file of the reference has this name")
        content_type = _TYPES[file.rpartition(".")[2]]
        return Response(_content(file), content_type=content_type, headers={"Cache-Control": "private, max-age=86400"})


@cache
def _content(file: str) -> bytes:
    package, path = _FILES[file]
    if not package:
        return _own(path)
    content = Path(str(distribution(package).locate_file(path))).read_bytes()
    return content.replace(_FOREIGN_LOGO, _OWN_LOGO)


def _own(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()
