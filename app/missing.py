"""What a browser is shown where nothing is, below an address that is no page of the dashboard."""

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from app.i18n import LANGUAGES, language
from ingest_api.failures import http_error


def answer_missing(server: Flask) -> None:
    """Show people a page in their language that leads home; a program gets the bare answer."""

    @server.errorhandler(NotFound)
    def missing(error: NotFound) -> ResponseReturnValue:
        if request.path.startswith("/api/") or error.response is not None or not opens_a_page():
            return http_error(error)
        reason = "" if error.description == NotFound.description else error.description
        page = render_template("missing.html", language=language(), languages=LANGUAGES, reason=reason)
        return make_response(page, 404)


def opens_a_page() -> bool:
    """Tell a browser that opens an address, and prefers HTML, from a program or an image, which take anything."""
    accepted = request.accept_mimetypes
    return request.method in {"GET", "HEAD"} and accepted["text/html"] > accepted["text/plain"]
