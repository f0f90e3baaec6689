"""People overrule the automatic tests: a span of readings is bad, suspect or good because somebody knows why.

A verdict is stored beside the readings and applied whenever their flags are computed, so it also covers readings that
arrive later and values that are derived again. Withdrawn, the tests decide again.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, Flag
from app.jobs.rollups import refresh_dirty_hours
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import HydrofleetError, UnknownDevice, UnknownOverride
from models.read.devices import DeviceRecord, find_device
from models.read.overrides import OverrideRow, find_override, overrides_frame
from models.write.audit import record
from models.write.dirty import mark_dirty
from models.write.overrides import add_override, void_override

#: What a person may say of a value; whether there is one is not a matter of opinion.
VERDICTS: Final = (Flag.GOOD, Flag.NOT_EVALUATED, Flag.SUSPECT, Flag.FAIL)
LONGEST_REASON: Final = 500
LONGEST_SPAN: Final = timedelta(days=366)
# Clocks of phones differ; this much is not the future.
_TOLERANCE = timedelta(minutes=5)
# Computed before the answer, so that a span of a week is seen at once; the rest of a longer one follows in seconds.
_HOURS_AT_ONCE = 8 * 24


class OverrideRefused(HydrofleetError):
    """The verdict is not taken; the message says why."""


class Overrides:
    """The one place where people decide flags. Agronomists and administrators may; everybody may look."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(
        self,
        principal: Principal | None,
        device_name: str,
        quantity: str,
        start: datetime,
        end: datetime,
        flag: int,
        reason: str,
        now: datetime,
    ) -> int:
        """Decide the flag of one quantity's readings in ``[start, end)``; gives the verdict's number.

        Where verdicts overlap, the latest one counts. Flags, rollups and detected events follow.

        Raises
        ------
        OverrideRefused
            If the person may not, or the verdict cannot be; the message says what to do.
        UnknownDevice
            If no device has this name.
        """
        person = _allowed(principal)
        verdict, why = OverrideRow(str(quantity), start, end, int(flag)), reason.strip()
        _check(verdict, why, now)
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            number = add_override(session, device.id, verdict, reason=why, created_by=person.id or None, now=now)
            mark_dirty(session, device.id, start, end, now=now)
            _record(session, person, "override-flag", device.name, number, verdict, now=now, reason=why)
        self._follow(device.id, now)
        return number

    def withdraw(self, principal: Principal | None, override_id: int, now: datetime) -> None:
        """Take a verdict back: the automatic tests, or an earlier verdict, decide again.

        Raises
        ------
        OverrideRefused
            If the person may not.
        UnknownOverride
            If there is none with this number in force.
        """
        person = _allowed(principal)
        with session_scope(self._engine) as session:
            found = find_override(session, override_id)
            if not void_override(session, override_id, now=now):
                raise UnknownOverride(override_id)
            verdict = OverrideRow(found.quantity, found.start_at, found.end_at, found.flag)
            mark_dirty(session, found.device_id, found.start_at, found.end_at, now=now)
            _record(session, person, "withdraw-override", found.device_name, override_id, verdict, now=now)
        self._follow(found.device_id, now)

    def list(self, device_name: str, start: datetime, end: datetime) -> pd.DataFrame:
        """List the verdicts in force that touch ``[start, end)``; see :func:`models.read.overrides.overrides_frame`.

        Raises
        ------
        UnknownDevice
            If no device has this name.
        """
        with session_scope(self._engine) as session:
            return overrides_frame(session, _known(session, device_name).id, start, end)

    def _follow(self, device_id: int, now: datetime) -> None:
        refresh_dirty_hours(self._engine, now=now, device_ids=[device_id], limit=_HOURS_AT_ONCE)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        who = f"{by.name} may" if by else "nobody who is not logged in may"
        raise OverrideRefused(f"{who} not decide flags; ask an administrator for the role of an agronomist")
    return by


def _check(verdict: OverrideRow, reason: str, now: datetime) -> None:
    if verdict.quantity not in CHANNELS:
        raise OverrideRefused(f"{verdict.quantity!r} is not measured; use one of {', '.join(CHANNELS)}")
    if verdict.flag not in VERDICTS:
        choices = ", ".join(f"{int(one)} ({one.name.lower().replace('_', ' ')})" for one in VERDICTS)
        raise OverrideRefused(f"{verdict.flag} is no flag that a person can give; use one of {choices}")
    if not reason:
        raise OverrideRefused("a verdict needs its reason; say in a few words what happened")
    if len(reason) > LONGEST_REASON:
        raise OverrideRefused(f"the reason has {len(reason)} characters; keep it to {LONGEST_REASON}")
    _check_span(verdict.start_at, verdict.end_at, now)


def _check_span(start: datetime, end: datetime, now: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise OverrideRefused("a time without its zone could be any of two dozen; give both times with a zone")
    if start >= end:
        raise OverrideRefused(f"the span ends at {end.isoformat()}, not after its start at {start.isoformat()}")
    if end > now + _TOLERANCE:
        raise OverrideRefused(f"the span ends at {end.isoformat()}, in the future; nothing is measured there yet")
    if end - start > LONGEST_SPAN:
        raise OverrideRefused(f"the span is {(end - start).days} days long; decide {LONGEST_SPAN.days} days at a time")


def _known(session: Session, name: str) -> DeviceRecord:
    device = find_device(session, name)
    if device is None:
        raise UnknownDevice(name)
    return device


def _record(
    session: Session,
    person: Principal,
    action: str,
    device_name: str,
    number: int,
    verdict: OverrideRow,
    *,
    now: datetime,
    **more: Any,
) -> None:
    span = {"start": verdict.start_at.isoformat(), "end": verdict.end_at.isoformat()}
    details = {"override": number, "quantity": verdict.quantity, "flag": verdict.flag, **span, **more}
    record(session, person.name, action, object_kind="device", object_id=device_name, details=details, at=now)
