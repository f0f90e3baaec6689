"""Bodies that are one JSON object of a known type."""

import re
from typing import TypeVar

import msgspec
from flask import Request

from ingest_api.body import read_body
from ingest_api.problems import Fault, Problem
from ingest_api.strict_json import is_storable, load, texts

Body = TypeVar("Body", bound=msgspec.Struct)

_PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)


def read_typed(request: Request, kind: type[Body]) -> Body:
    """Give the body of the request as an object of ``kind``.

    Raises
    ------
    Problem
        As :func:`ingest_api.body.read_body` and :func:`ingest_api.strict_json.load`; 422 ``invalid-body`` with the
        field in ``errors`` if it is JSON of another shape, or holds a text that cannot be stored.
    """
    document = load(read_body(request))
    if not all(is_storable(text) for text in texts(document)):
        raise Problem("invalid-body", "a text holds a character that cannot be stored", errors=[])
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        what, path = (match["what"], match["path"]) if match else (str(error), None)
        pointer = "/" + "/".join(part for part in re.split(r"[.\[\]]+", path or "") if part)
        raise Problem("invalid-body", what, errors=[Fault(detail=what, pointer=pointer)]) from error
