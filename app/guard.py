"""Nothing is open unless it is listed here: one check before every request, whatever route it goes to."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed, NotFound

from app.headers import safe_next
from app.principal import set_current_user
from app.sessions import Sessions
from ingest_api.same_site import is_cross_site

#: Endpoints that anybody may call.
OPEN_ENDPOINTS: Final = frozenset(
    {
        *("login.form", "login.submit", "login.choose_language", "login.static", "login.invitation", "login.accept"),
        *("health.alive", "health.ready"),
    }
)
API_PREFIX: Final = "/api/"
#: Dash answers any path with its page, so that a reader can open any address.
CATCH_ALL_ENDPOINT: Final = "/<path:path>"


def install_guard(server: Flask, sessions: Sessions, clock: Callable[[], datetime]) -> None:
    """Let nobody in who has not logged in; install it before anything else adds routes.

    The machine API under ``/api/`` checks its own credentials; a session is looked up there too, because people may
    read it from the browser, but its absence is the API's business.
    """

    @server.before_request
    def guard() -> ResponseReturnValue | None:
        if request.path.startswith(API_PREFIX):
            _know_the_person(sessions, clock())
            _refuse_unknown_api_route(server)
            return None
        if is_cross_site():
            abort(403, "this request came from another site")
        if request.endpoint in OPEN_ENDPOINTS:
            return None
        return None if _know_the_person(sessions, clock()) else _refuse()


def _know_the_person(sessions: Sessions, now: datetime) -> bool:
    user = sessions.find(request, now=now)
    if user:
        set_current_user(user)
    return user is not None


def _refuse_unknown_api_route(server: Flask) -> None:
    """Keep Dash's catch-all, which answers GET with a page, from swallowing misspelt API addresses."""
    if request.endpoint != CATCH_ALL_ENDPOINT and request.routing_exception is None:
        return
    routes = server.url_map.bind("")
    methods = [
        method
        for method in sorted(routes.allowed_methods(request.path))
        if routes.match(request.path, method)[0] != CATCH_ALL_ENDPOINT
    ]
    raise MethodNotAllowed(methods) if methods else NotFound()


def _refuse() -> Response:
    """Send a person who opens an address to the login, and tell a script 401."""
    opens_a_page = request.method in {"GET", "HEAD"} and request.accept_mimetypes.accept_html
    if opens_a_page and request.endpoint in {"/", CATCH_ALL_ENDPOINT}:
        target = safe_next(request.full_path.rstrip("?"))
        # The login is a redirect of our own; the address travels as data and is checked again on its way back.
        return redirect("/login" if target == "/" else f"/login?next={quote(target)}")  # type: ignore[return-value]
    answer = jsonify(error="not-logged-in", remedy="log in at /login")
    answer.status_code = 401
    return answer
