"""Guessing at enrollment keys is slowed down, without standing in the way of those who have one.

A farm's Pis often share one address, so the address alone says nothing: only requests whose key is wrong are counted,
and only they are turned away. Nobody guesses 256 bits; what is spared is the log and the database. Somebody who goes
on all the same is told of: a Pi with an old image, or a visitor who should not be in this network.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Response, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest_api.problems import Problem, respond
from models.db import session_scope
from models.read.audit import was_noted
from models.read.people import count_failures, recent_failures
from models.write.audit import record
from models.write.people import record_failure

WINDOW = timedelta(minutes=1)
MOST_PER_WINDOW = 10
#: So many wrong keys of one address in a day are on record, and in the log, once a day.
ALARM_AT, ALARM_WINDOW = 100, timedelta(days=1)
_ACCOUNT = "enrollment key"

log = logging.getLogger(__name__)


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
                count = count_failures(session, _ACCOUNT, address, now - ALARM_WINDOW)
                if count >= ALARM_AT:
                    _raise_alarm(session, request.remote_addr or "", count, now)
                return response
        wait_s = max(1, round((failures[0] + WINDOW - now).total_seconds()))
        detail = f"{MOST_PER_WINDOW} keys from your address were wrong within a minute"
        return respond(Problem("too-many-attempts", detail, headers={"Retry-After": str(wait_s)}))


def _raise_alarm(session: Session, address: str, count: int, now: datetime) -> None:
    action, kind = "many-wrong-enrollment-keys", "address"
    if was_noted(session, action, object_kind=kind, object_id=address, since=now - ALARM_WINDOW):
        return
    record(session, "enrollment", action, object_kind=kind, object_id=address, details={"wrong_keys": count}, at=now)
    log.warning("%d wrong enrollment keys came from %s within a day", count, address)
