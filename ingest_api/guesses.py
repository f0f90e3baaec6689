"""Guessing at enrollment keys is slowed down, without standing in the way of those who have one.

A farm's Pis often share one address, so the address alone says nothing: only requests whose key is wrong are counted,
and only they are turned away. Nobody guesses 256 bits; what is spared is the log and the database.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Response, request
from sqlalchemy import Engine

from ingest_api.problems import Problem, respond
from models.db import session_scope
from models.read.people import recent_failures
from models.write.people import record_failure

WINDOW = timedelta(minutes=1)
MOST_PER_WINDOW = 10
_ACCOUNT = "enrollment key"


class Guesses:
    """Counts wrong keys by address; to be asked after every answer of the route."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def slow_down(self, response: Response) -> Response:
        """Give the answer back, or 429 instead of the eleventh 401 of a minute to one address."""
        if response.status_code != 401:
            return response
        # Set apart from failed logins, whose counts would otherwise lock people out behind the same address.
        address, now = f"enroll {request.remote_addr}", self._clock()
        with session_scope(self._engine) as session:
            failures = recent_failures(session, _ACCOUNT, address, now - WINDOW).of_account
            if len(failures) < MOST_PER_WINDOW:
                record_failure(session, _ACCOUNT, address, now=now)
                return response
        wait_s = max(1, round((failures[0] + WINDOW - now).total_seconds()))
        detail = f"{MOST_PER_WINDOW} keys from your address were wrong within a minute"
        return respond(Problem("too-many-attempts", detail, headers={"Retry-After": str(wait_s)}))
