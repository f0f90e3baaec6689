"""Nothing is open unless it is listed here: one check before every request, whatever route it goes to."""

from collections.abc import Callable, Set
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed, MisdirectedRequest, NotFound

from app.headers import safe_next
from app.principal import set_current_user
from app.sessions import Sessions
from ingest_api.same_site import is_cross_site

#: Endpoints that anybody may call.
OPEN_ENDPOINTS: Final = frozenset(
    {
        *("login.form", "login.submit", "login.choose_language", "login.static", "login.invitation", "login.accept"),
        *("health.alive", "health.ready"),
        # Open to the machine itself; others need the token of the settings.
        "metrics.figures",
    }
)
#: What watches over the server knows its address, not its name.
_NAMELESS: Final = frozenset({"health.alive", "health.ready", "metrics.figures"})
API_PREFIX: Final = "/api/"
#: Dash answers any path with its page, so that a reader can open any address.
CATCH_ALL_ENDPOINT: Final = "/<path:path>"
#: A person who is not logged in is sent to the login from these, and back again; everything else is told 401.
_PAGE_ENDPOINTS: Final = frozenset({"/", CATCH_ALL_ENDPOINT, "labels.sticker", "labels.sheets"})


def install_guard(
    server: Flask, sessions: Sessions, clock: Callable[[], datetime], *, names: Set[str] = frozenset()
) -> None:
    """Let nobody in who has not logged in; install it before anything else adds routes.

    ``names`` are those that the server answers to, in lower case; none means any. A request under another name comes
    from somebody who let that name lead here, and would share the origin's cookies with whoever owns it.

    The machine API under ``/api/`` checks its own credentials; a session is looked up there too, because people may
    read it from the browser, but its absence is the API's business.
    """

    @server.before_request
    def guard() -> ResponseReturnValue | None:
        if names and request.endpoint not in _NAMELESS and _asked_name() not in names:
            raise MisdirectedRequest("this server does not go by that name")
        if request.path.startswith(API_PREFIX):
            _know_the_person(sessions, clock())
            _refuse_unknown_api_route(server)
            return None
        if is_cross_site():
            abort(403, "this request came from another site")
        if request.endpoint in OPEN_ENDPOINTS:
            return None
        return None if _know_the_person(sessions, clock()) else _refuse()


def _asked_name() -> str:
    return (urlsplit(f"//{request.host}").hostname or "").lower()


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
    if opens_a_page and request.endpoint in _PAGE_ENDPOINTS:
        target = safe_next(request.full_path.rstrip("?"))
        # The login is a redirect of our own; the address travels as data and is checked again on its way back.
        return redirect("/login" if target == "/" else f"/login?next={quote(target)}")  # type: ignore[return-value]
    answer = jsonify(error="not-logged-in", remedy="log in at /login")
    answer.status_code = 401
    return answer
