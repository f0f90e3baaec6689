"""Languages of the screens: English is the source, Indonesian is complete.

Every word that a person reads goes through :func:`_` (or :func:`ngettext`) at the moment it is shown, so that one
server answers each person in their own language. Names that exist at import time are marked with :func:`N_` and
translated later. Outside of an application (a notebook, a unit test of a figure) the source text comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from re import fullmatch
from typing import Any, Final
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale
from babel.dates import format_datetime
from babel.numbers import NumberPattern, parse_pattern
from flask import Flask, has_app_context, has_request_context, request

#: Language codes and what each language calls itself.
LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
DEFAULT_LANGUAGE: Final = "en"
LANGUAGE_COOKIE: Final = "hf_language"
_READER: Final = "hydrofleet_reader"

#: What tzdata calls the clock of Greenwich without summer time.
_UTC_NAMES: Final = {
    *("UTC", "UCT", "Zulu", "Universal", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"),
    *("Etc/UTC", "Etc/UCT", "Etc/Zulu", "Etc/Universal"),
    *("Etc/GMT", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0", "Etc/Greenwich"),
}


def init_languages(server: Flask, default: str, preferred: Callable[[], str | None] = lambda: None) -> None:
    """Teach ``server`` to answer in the reader's language.

    The language is the first known one of: what ``preferred()`` says (the account's own setting), the cookie, the
    browser's ``Accept-Language``, ``default``.

    Raises
    ------
    ValueError
        If ``default`` is not a language we have.
    """
    if default not in LANGUAGES:
        raise ValueError(f"no screens in language {default!r}; choose one of: {', '.join(LANGUAGES)}")

    def select() -> str:
        # Layouts are also built once before the first visitor comes; there is nobody to ask then.
        if not has_request_context():
            return default
        wishes = (preferred(), request.cookies.get(LANGUAGE_COOKIE))
        known = [wish for wish in wishes if wish in LANGUAGES]
        return known[0] if known else request.accept_languages.best_match(list(LANGUAGES)) or default

    flask_babel.Babel(server, default_locale=default, locale_selector=select)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is answered: the language's code, and its catalogue."""

    language: str
    catalogue: Any


def _reader() -> _Reader:
    """Find out who is answered, once per request: flask-babel would ask anew for every word of a table."""
    if not has_request_context():
        return _find_reader()
    asked = request._get_current_object()  # type: ignore[attr-defined]  # every look through the proxy costs as well
    reader: _Reader | None = getattr(asked, _READER, None)
    if reader is None:
        reader = _find_reader()
        setattr(asked, _READER, reader)
    return reader


def _find_reader() -> _Reader:
    locale = flask_babel.get_locale()
    return _Reader(locale.language if locale else DEFAULT_LANGUAGE, flask_babel.get_translations())


def _(message: str, **variables: Any) -> str:
    """Translate ``message`` and fill in its ``%(name)s`` variables."""
    said: str = _reader().catalogue.ugettext(message) if has_app_context() else message
    return said % variables if variables else said


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    """Translate a sentence that counts something; ``%(num)s`` is filled in by itself."""
    if has_app_context():
        said: str = _reader().catalogue.ungettext(singular, plural, num)
    else:
        said = singular if num == 1 else plural
    return said % {"num": num, **variables}


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark ``message`` for translation without translating it yet."""
    return message


def language() -> str:
    """Give the reader's language code, ``"en"`` or ``"id"``."""
    return _reader().language if has_app_context() else DEFAULT_LANGUAGE


@cache
def _locale(code: str) -> Locale:
    return Locale(code)


@cache
def _number_pattern(decimals: int) -> NumberPattern:
    return parse_pattern("#,##0" + ("." + "0" * decimals if decimals else ""))


def number_text(value: float, decimals: int) -> str:
    """Write a number as the reader's language does: ``1,234.50`` or ``1.234,50``; a dash stands for NaN.

    Below zero it begins with a true minus, which no line breaks after and no range mistakes for its dash.
    """
    if not isfinite(value):
        return "–"
    return _number_pattern(decimals).apply(value, _locale(language())).replace("-", "−")


def signed_text(value: float, decimals: int) -> str:
    """Write a change: as :func:`number_text`, with a plus where it is none less than zero."""
    return f"{'+' if value >= 0 else ''}{number_text(value, decimals)}"


def time_text(moment: datetime, time_zone: str, style: str = "d MMM y HH:mm") -> str:
    """Write a moment on the wall clock of ``time_zone``; ``style`` is a CLDR date pattern.

    Raises
    ------
    ValueError
        If ``moment`` has no timezone: it could be anybody's.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no timezone; make it aware, for example datetime.now(UTC)")
    return format_datetime(moment.astimezone(ZoneInfo(time_zone)), format=style, locale=_locale(language()))


def zone_text(time_zone: str) -> str:
    """Write the name of a time zone for a person: fixed offsets as ``UTC−7`` or ``UTC+5:30``, places as they are.

    ``Etc/GMT+7`` counts the hours to the west, so that its own name says the opposite of what people read.
    """
    if time_zone in _UTC_NAMES:
        return "UTC"
    west = fullmatch(r"Etc/GMT([+-])(\d{1,2})", time_zone)
    if west:
        return f"UTC{'−' if west[1] == '+' else '+'}{int(west[2])}"
    offset = fullmatch(r"(?:UTC)?([+-])(\d{2}):(\d{2})", time_zone)
    if offset is None:
        return time_zone
    hours, minutes = int(offset[2]), int(offset[3])
    if not hours and not minutes:
        return "UTC"
    return f"UTC{'−' if offset[1] == '-' else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")
