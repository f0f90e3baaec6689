"""Logging in and out, invitations, and the choice of language: plain HTML forms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from app.account_form import add_account_route
from app.form_token import drop_token, give_token, has_token, new_token
from app.headers import safe_next
from app.i18n import LANGUAGE_COOKIE, LANGUAGES, _, language, ngettext
from app.invitation import add_invitation_routes
from app.observability import request_id
from app.passwords import TooManyChecks
from app.people.proof import Attempt, Proofs
from app.principal import current_user
from app.sessions import Cookies, Sessions
from models.db import session_scope
from models.write.audit import Origin, record, set_origin
from models.write.people import set_language

_LANGUAGE_LIFE_S = 365 * 24 * 3600
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Login:
    """What the views work with."""

    engine: Engine
    sessions: Sessions
    cookies: Cookies
    clock: Callable[[], datetime]


def create_login(login: Login) -> Blueprint:
    """Make the routes ``/login``, ``/logout``, ``/language`` and ``/invitation``, and the few files they need."""
    blueprint = Blueprint("login", __name__, static_folder="assets/login", static_url_path="/login/static")

    @blueprint.before_app_request
    def say_where_from() -> None:
        set_origin(Origin(request.remote_addr, request_id()))

    @blueprint.teardown_app_request
    def forget_where_from(_error: BaseException | None) -> None:
        set_origin(Origin())

    @blueprint.get("/login")
    def form() -> ResponseReturnValue:
        return show_form(login)

    @blueprint.post("/login")
    def submit() -> ResponseReturnValue:
        return answer_form(login)

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        return log_out(login)

    @blueprint.post("/language")
    def choose_language() -> ResponseReturnValue:
        return remember_language(login)

    add_account_route(blueprint, login.engine, login.sessions, login.clock)
    add_invitation_routes(blueprint, login.engine, login.sessions, login.cookies, login.clock)
    return blueprint


def show_form(login: Login, *, status: int = 200, problem: str | None = None, wait_s: int = 0) -> Response:
    """Show the login page, with a fresh form token and, after a failure, what went wrong."""
    token = new_token()
    page = render_template(
        "login.html",
        language=language(),
        languages=LANGUAGES,
        problem=problem,
        token=token,
        next=safe_next(request.values.get("next")),
        name=_name_given(),
    )
    response = make_response(page, status)
    give_token(login.cookies, response, token)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


def answer_form(login: Login) -> Response:
    """Answer a filled-in login page: a session and on to where the reader wanted to go, or the page again."""
    if not has_token(login.cookies, request):
        return show_form(login, status=400, problem=_("This page had been open for too long. Please try again."))
    attempt, proofs = Attempt(_name_given(), request.remote_addr, login.clock()), Proofs(login.engine)
    wait_s = proofs.wait_s(attempt)
    if wait_s:
        return _ask_to_wait(login, wait_s)
    try:
        user = proofs.check(attempt, request.form.get("password", ""), failure="login-failed")
    except TooManyChecks:
        return _ask_to_wait(login, 3)
    if user is None:
        return show_form(login, status=403, problem=_("Name or password is wrong."))
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    login.sessions.start(request, response, user.id, now=attempt.at)
    with session_scope(login.engine) as session:
        record(session, user.name, "login", at=attempt.at)
    drop_token(login.cookies, response)
    return response


def log_out(login: Login) -> Response:
    """End the session of this browser."""
    response = make_response(redirect("/login", 303))
    login.sessions.end(request, response)
    user = current_user()
    if user:
        with session_scope(login.engine) as session:
            record(session, user.name, "logout", at=login.clock())
    return response


def remember_language(login: Login) -> Response:
    """Keep the chosen language in a cookie and with the account, and show the same page again."""
    chosen = request.form.get("language", "")
    came_from = urlsplit(request.headers.get("Referer", ""))
    place = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    response = make_response(redirect(safe_next(place), 303))
    if chosen not in LANGUAGES:
        return response
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=_LANGUAGE_LIFE_S, secure=login.cookies.secure, httponly=True, samesite="Lax"
    )
    # Open to anybody, so the guard has not looked for a session.
    user = login.sessions.find(request, now=login.clock())
    if user:
        with session_scope(login.engine) as session:
            set_language(session, user.id, chosen)
    return response


def _name_given() -> str:
    """Read the name as it is kept: in lower case, and nothing in it that no name holds."""
    name = "".join(character for character in request.form.get("name", "") if character.isprintable())
    return name.strip().lower()[:_MAX_NAME_LENGTH]


def _ask_to_wait(login: Login, wait_s: int) -> Response:
    problem = ngettext(
        "Too many failed logins. Please wait %(num)s second.",
        "Too many failed logins. Please wait %(num)s seconds.",
        wait_s,
    )
    return show_form(login, status=429, problem=problem, wait_s=wait_s)
