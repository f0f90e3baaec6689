"""Types and readers that the bodies of several routes share."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from flask import Response
from msgspec import Meta

from ingest_api.measurements import Stamp
from ingest_api.problems import Fault, Problem
from ingest_api.timestamps import format_moment, moment_of, parse_ms

QuantityName = Literal["ph", "ec_us_cm", "water_c"]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", extra_json_schema={"format": "date"})]
Note = Annotated[str, Meta(max_length=2000)]
#: The years that anything here can have happened in.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

__all__ = ["Day", "Note", "QuantityName", "Stamp", "day_in", "done", "moment_in", "written"]


def moment_in(text: str, pointer: str) -> datetime:
    """Read a time stamp of a body.

    Raises
    ------
    Problem
        422 if it is none, or lies outside the years 1990 to 2099.
    """
    try:
        moment = moment_of(parse_ms(text))
        if not _EARLIEST <= moment < _LATEST:
            raise ValueError(f"{format_moment(moment)} lies outside the years 1990 to 2099")
    except ValueError as error:
        raise _invalid(str(error), pointer) from error
    return moment


def day_in(text: str, pointer: str) -> date:
    """Read a day of a body, such as 2026-11-23; raises as :func:`moment_in`."""
    try:
        day = date.fromisoformat(text)
        if not _EARLIEST.date() <= day < _LATEST.date():
            raise ValueError(f"{text} lies outside the years 1990 to 2099")
    except ValueError as error:
        raise _invalid(str(error), pointer) from error
    return day


def written(moment: datetime | None) -> str | None:
    """Write a time stamp, None for none."""
    return None if moment is None else format_moment(moment)


def done() -> Response:
    """Answer that it is done and there is nothing more to say."""
    return Response(status=204)


def _invalid(detail: str, pointer: str) -> Problem:
    return Problem("invalid-body", detail, errors=[Fault(detail=detail, pointer=pointer)])
