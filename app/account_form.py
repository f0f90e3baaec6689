"""The form with which people change their password. It is a plain form, so that passwords pass through no callback."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from app.pages.account.words import Said
from app.passwords import TooManyChecks, UnusablePassword
from app.people.account import OwnAccount
from app.people.errors import TooManyFailures, WrongPassword
from app.principal import current_user
from app.sessions import Sessions


def add_account_route(blueprint: Blueprint, engine: Engine, sessions: Sessions, clock: Callable[[], datetime]) -> None:
    """Add ``POST /account/password``: back to the page, which says what became of it.

    Every browser of the person is logged out, and this one in again: whoever had its old cookie is out, too.
    """
    account = OwnAccount(engine, clock)

    @blueprint.post("/account/password")
    def change_password() -> ResponseReturnValue:
        said = _change(account)
        response = make_response(redirect(f"/account?said={said}", 303))
        user = current_user()
        if said is Said.CHANGED and user is not None:
            sessions.start(request, response, user.id, now=clock())
        return response


def _change(account: OwnAccount) -> Said:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return Said.DIFFERENT
    try:
        account.change_password(request.form.get("present", ""), new, by=current_user(), address=request.remote_addr)
    except WrongPassword:
        return Said.WRONG
    except UnusablePassword:
        return Said.UNUSABLE
    except (TooManyFailures, TooManyChecks):
        return Said.WAIT
    return Said.CHANGED
