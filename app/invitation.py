"""The page behind an invitation: the person it was made for sets a password and is logged in."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from app.form_token import drop_token, give_token, has_token, new_token
from app.i18n import LANGUAGES, _, language
from app.passwords import MAX_LENGTH, MIN_LENGTH, TooManyChecks, UnusablePassword
from app.people.account import OwnAccount
from app.people.errors import UnusableInvitation, UnusableName
from app.sessions import Cookies, Sessions
from models.errors import HydrofleetError, UserNameTaken


def add_invitation_routes(
    blueprint: Blueprint, engine: Engine, sessions: Sessions, cookies: Cookies, clock: Callable[[], datetime]
) -> None:
    """Add ``/invitation``: GET shows the form, POST uses the invitation.

    The code stands behind the ``#`` of the link, which no browser sends; a script puts it into the form.
    """
    account = OwnAccount(engine, clock)

    @blueprint.get("/invitation")
    def invitation() -> ResponseReturnValue:
        return _show(cookies)

    @blueprint.post("/invitation")
    def accept() -> ResponseReturnValue:
        problem = _problem_with_form(cookies)
        if problem:
            return _show(cookies, status=400, problem=problem)
        try:
            user_id = account.accept(
                request.form.get("code", ""), request.form.get("name", ""), request.form.get("password", "")
            )
        except (UnusableInvitation, UnusableName, UserNameTaken, UnusablePassword, TooManyChecks) as error:
            return _show(cookies, status=400, problem=_words(error))
        response = make_response(redirect("/", 303))
        sessions.start(request, response, user_id, now=clock())
        drop_token(cookies, response)
        return response


def _problem_with_form(cookies: Cookies) -> str | None:
    if not has_token(cookies, request):
        return _("This page had been open for too long. Please try again.")
    if request.form.get("password", "") != request.form.get("again", ""):
        return _("The two passwords differ.")
    return None


def _show(cookies: Cookies, *, status: int = 200, problem: str | None = None) -> Response:
    token = new_token()
    page = render_template(
        "invitation.html",
        language=language(),
        languages=LANGUAGES,
        problem=problem,
        token=token,
        # What a person typed comes back; the code does, too, so that the page need not be opened again.
        code=request.form.get("code", ""),
        name=request.form.get("name", "")[:100],
        shortest=MIN_LENGTH,
        longest=MAX_LENGTH,
    )
    response = make_response(page, status)
    give_token(cookies, response, token)
    return response


def _words(error: HydrofleetError) -> str:
    if isinstance(error, UnusableInvitation):
        return _("This link does not work any more. Ask an administrator for a new one.")
    if isinstance(error, UserNameTaken):
        return _("Somebody else has this name. Choose another one.")
    if isinstance(error, UnusableName):
        return _("This name cannot be used. Choose a short one, such as sari.")
    if isinstance(error, TooManyChecks):
        return _("Many people are logging in at this moment. Please try again.")
    return _("Choose a password of 12 to 256 characters, for example four words.")
