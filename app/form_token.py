"""Proof that a form was filled in on our own page: without it, somebody could log a reader in as somebody else.

The same random value travels in a cookie and in the form; another site can set neither.
"""

import hmac
import secrets

from flask import Request, Response

from app.sessions import Cookies

_COOKIE = "hf_form"
_LIFE_S = 3600


def give_token(cookies: Cookies, response: Response, token: str) -> None:
    """Let the browser keep the value that its form carries."""
    cookies.write(response, _COOKIE, token, max_age_s=_LIFE_S, samesite="Strict")


def drop_token(cookies: Cookies, response: Response) -> None:
    """Let the browser forget the value, once the form has done its work."""
    cookies.drop(response, _COOKIE)


def new_token() -> str:
    """Make a value that nobody can guess."""
    return secrets.token_urlsafe(32)


def has_token(cookies: Cookies, request: Request) -> bool:
    """Tell whether the form that the request brings was ours."""
    expected, given = cookies.read(request, _COOKIE), request.form.get("token", "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
