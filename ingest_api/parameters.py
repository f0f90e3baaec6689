"""Query parameters: declared once, read strictly, and named when they cannot be used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask import request

from ingest_api.problems import Problem
from ingest_api.strict_json import is_storable
from ingest_api.timestamps import moment_of, parse_ms, shown

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Parameter(Generic[Value]):
    """A query parameter: what it means, its JSON schema for the API reference, and how its text is read."""

    name: str
    about: str
    schema: Mapping[str, Any]
    parse: Callable[[str], Value] = field(repr=False)
    allowed: tuple[str, ...] | None = None

    def read(self) -> Value | None:
        """Read it from the request at hand; None where it was not given.

        Raises
        ------
        Problem
            400 if the text cannot be used.
        """
        given = request.args.get(self.name)
        if given is None:
            return None
        try:
            return self.parse(given)
        except ValueError as error:
            raise refused(self.name, str(error), self.allowed) from error

    def read_or(self, default: Value) -> Value:
        """Read it, or give ``default`` where it was not given."""
        value = self.read()
        return default if value is None else value


def moment(name: str, about: str) -> Parameter[datetime]:
    """Declare a time stamp; a plus that arrived as a blank, because nobody escaped it, is taken for what it was."""
    schema = {"type": "string", "format": "date-time"}
    return Parameter(name, about, schema, lambda given: moment_of(parse_ms(given.replace(" ", "+"))))


def whole(name: str, about: str, *, most: int, least: int = 1, default: int | None = None) -> Parameter[int]:
    """Declare a whole number from ``least`` to ``most``."""
    schema = {"type": "integer", "minimum": least, "maximum": most}

    def parse(given: str) -> int:
        if not (given.isascii() and given.isdigit() and least <= int(given[:10]) <= most and len(given) <= 10):
            raise ValueError(f"{shown(given)} is not a whole number from {least} to {most}")
        return int(given)

    return Parameter(name, about, schema if default is None else {**schema, "default": default}, parse)


def one_of(name: str, about: str, choices: tuple[str, ...], *, default: str | None = None) -> Parameter[str]:
    """Declare one of some words."""
    schema: dict[str, Any] = {"type": "string", "enum": list(choices)}

    def parse(given: str) -> str:
        _require_known(given, choices)
        return given

    return Parameter(name, about, schema if default is None else {**schema, "default": default}, parse, choices)


def some_of(name: str, about: str, choices: tuple[str, ...]) -> Parameter[list[str]]:
    """Declare words separated by commas; they are read each once, in their usual order."""
    words = "|".join(choices)
    schema = {"type": "string", "pattern": f"^({words})(,({words}))*$"}

    def parse(given: str) -> list[str]:
        wanted = given.split(",")
        for word in wanted:
            _require_known(word, choices)
        return [word for word in choices if word in wanted]

    return Parameter(name, about, schema, parse, choices)


def words(name: str, about: str, *, longest: int = 200) -> Parameter[str]:
    """Declare a free text to compare with."""
    schema = {"type": "string", "maxLength": longest}

    def parse(given: str) -> str:
        if len(given) > longest or not is_storable(given):
            raise ValueError(f"{shown(given)} is no text of at most {longest} characters")
        return given

    return Parameter(name, about, schema, parse)


def check_query(parameters: tuple[Parameter[Any], ...]) -> None:
    """Refuse a query with a parameter that the route does not have, or with one given twice.

    Raises
    ------
    Problem
        400: a misspelt filter that is passed over in silence would answer another question.
    """
    known = tuple(one.name for one in parameters)
    for name, values in request.args.lists():
        if name not in known:
            detail = f"{shown(name)} is no parameter here; there is {', '.join(known) or 'none'}"
            raise refused(name, detail, known)
        if len(values) > 1:
            raise refused(name, f"{name} is given {len(values)} times; give it once")


def refused(name: str, detail: str, allowed: tuple[str, ...] | None = None) -> Problem:
    """Refuse a parameter, naming it, and what it may be where that is a list."""
    error: dict[str, Any] = {"parameter": name if is_storable(name) else ascii(name)[:60], "detail": detail}
    if allowed is not None:
        error["allowed"] = list(allowed)
    return Problem("malformed-parameter", detail, errors=[error])


def _require_known(word: str, choices: tuple[str, ...]) -> None:
    if word not in choices:
        raise ValueError(f"{shown(word)} is not one of {', '.join(choices)}")
