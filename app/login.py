"""Logging in and out, and the choice of language: plain HTML forms that work without a script."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from app.headers import safe_next
from app.i18n import LANGUAGE_COOKIE, LANGUAGES, _, language, ngettext
from app.observability import request_id
from app.passwords import TooManyChecks, password_matches
from app.sessions import Cookies, Sessions
from app.throttle import MEMORY, account_wait_s, network_wait_s
from models.db import session_scope
from models.networks import network_of
from models.read.people import UserRecord, find_user, recent_failures
from models.write.audit import record
from models.write.people import clear_failures, record_failure, set_language

_TOKEN_COOKIE = "hf_form"
_TOKEN_LIFE_S = 3600
_LANGUAGE_LIFE_S = 365 * 24 * 3600
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Login:
    """What the views work with."""

    engine: Engine
    sessions: Sessions
    cookies: Cookies
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to log in: who, from which network, when."""

    name: str
    network: str
    at: datetime


def create_login(login: Login) -> Blueprint:
    """Make the routes ``/login``, ``/logout`` and ``/language``, and the few files that the login page needs."""
    blueprint = Blueprint("login", __name__, static_folder="assets/login", static_url_path="/login/static")

    @blueprint.get("/login")
    def form() -> ResponseReturnValue:
        return show_form(login)

    @blueprint.post("/login")
    def submit() -> ResponseReturnValue:
        return answer_form(login)

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        response = make_response(redirect("/login", 303))
        login.sessions.end(request, response)
        return response

    @blueprint.post("/language")
    def choose_language() -> ResponseReturnValue:
        return remember_language(login)

    return blueprint


def show_form(login: Login, *, status: int = 200, problem: str | None = None, wait_s: int = 0) -> Response:
    """Show the login page, with a fresh form token and, after a failure, what went wrong."""
    token = secrets.token_urlsafe(32)
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
    login.cookies.write(response, _TOKEN_COOKIE, token, max_age_s=_TOKEN_LIFE_S, samesite="Strict")
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


def answer_form(login: Login) -> Response:
    """Answer a filled-in login page: a session and on to where the reader wanted to go, or the page again."""
    if not _has_form_token(login.cookies):
        return show_form(login, status=400, problem=_("This page had been open for too long. Please try again."))
    attempt = Attempt(_name_given(), network_of(request.remote_addr), login.clock())
    wait_s = _wait_s(login, attempt)
    if wait_s:
        return _ask_to_wait(login, wait_s)
    try:
        user = _check(login, attempt, request.form.get("password", ""))
    except TooManyChecks:
        return _ask_to_wait(login, 3)
    if user is None:
        return show_form(login, status=403, problem=_("Name or password is wrong."))
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    login.sessions.start(request, response, user.id, now=attempt.at)
    login.cookies.drop(response, _TOKEN_COOKIE)
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


def _check(login: Login, attempt: Attempt, password: str) -> UserRecord | None:
    """Check name and password, and write down how it went. A disabled account is like none at all."""
    with session_scope(login.engine) as session:
        user = find_user(session, attempt.name)
    usable = user if user and user.disabled_at is None else None
    # No transaction is open meanwhile: the check is slow by design.
    matches = password_matches(usable.password_hash if usable else None, password)
    with session_scope(login.engine) as session:
        if matches:
            clear_failures(session, attempt.name, attempt.network)
        else:
            record_failure(session, attempt.name, attempt.network, now=attempt.at)
        action = "login" if matches else "login-failed"
        record(session, attempt.name, action, address=request.remote_addr, request_id=request_id(), at=attempt.at)
    return usable if matches else None


def _wait_s(login: Login, attempt: Attempt) -> int:
    with session_scope(login.engine) as session:
        failures = recent_failures(session, attempt.name, attempt.network, attempt.at - MEMORY)
    return max(
        account_wait_s(failures.of_account, attempt.at),
        network_wait_s(failures.of_network, attempt.at),
    )


def _ask_to_wait(login: Login, wait_s: int) -> Response:
    problem = ngettext(
        "Too many failed logins. Please wait %(num)s second.",
        "Too many failed logins. Please wait %(num)s seconds.",
        wait_s,
    )
    return show_form(login, status=429, problem=problem, wait_s=wait_s)


def _has_form_token(cookies: Cookies) -> bool:
    """Tell whether the form came from our page: without it, somebody could log a reader in as somebody else."""
    expected, given = cookies.read(request, _TOKEN_COOKIE), request.form.get("token", "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
