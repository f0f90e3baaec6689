"""``GET /problems/{slug}``: every ``type`` of an error can be fetched and explains itself."""

from flask import Blueprint, Response
from msgspec import Struct

from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.problems import PROBLEM_TYPES, Problem


class ProblemExplained(Struct):
    """A kind of error."""

    type: str
    title: str
    status: int
    remedy: str


def add_routes(blueprint: Blueprint) -> None:
    """Attach the route; anybody may ask what an error means and what to do."""

    @blueprint.get("/problems/<slug>")
    @admits(Admits.ANYBODY)
    @operation("What a kind of error means", answer=ProblemExplained)
    def problem_type(slug: str) -> Response:
        """The last part of an error's `type`, and what to do about it; anybody may ask."""
        if slug not in PROBLEM_TYPES:
            raise Problem("not-found", "no kind of error has this name")
        kind = PROBLEM_TYPES[slug]
        return answer(ProblemExplained(kind.uri, kind.title, kind.status, kind.remedy))
