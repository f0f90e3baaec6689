"""Query parameters: read strictly, and named when they cannot be used."""

from datetime import datetime

from flask import request

from ingest_api.problems import Problem
from ingest_api.timestamps import moment_of, parse_ms, shown


def moment(name: str, default: datetime) -> datetime:
    """Read a time stamp; a plus sign that arrived as a blank, because nobody escaped it, is taken for what it was."""
    given = request.args.get(name)
    if given is None:
        return default
    try:
        return moment_of(parse_ms(given.replace(" ", "+")))
    except ValueError as error:
        raise refused(name, str(error)) from error


def whole(name: str, default: int, *, most: int) -> int:
    """Read a whole number from 1 to ``most``."""
    given = request.args.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:10]) <= most):
        raise refused(name, f"{shown(given)} is not a whole number from 1 to {most}")
    return int(given)


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Read one of some words; the first one is the default."""
    given = request.args.get(name, choices[0])
    if given not in choices:
        raise refused(name, f"{shown(given)} is not one of {', '.join(choices)}")
    return given


def some_of(name: str, choices: tuple[str, ...]) -> list[str]:
    """Read words separated by commas, each once, in their usual order; all of them where none is given."""
    given = request.args.get(name)
    wanted = choices if given is None else given.split(",")
    for word in wanted:
        if word not in choices:
            raise refused(name, f"{shown(word)} is not one of {', '.join(choices)}")
    return [word for word in choices if word in wanted]


def refused(name: str, detail: str) -> Problem:
    """Refuse a parameter."""
    return Problem("malformed-parameter", detail, errors=[{"parameter": name, "detail": detail}])
