"""A Pi asks to join: the one place that decides what becomes of it.

Everything happens under one lock and in the caller's transaction: names stay unique and without gaps, a key is used
once per board, and a question that is asked again, because its answer was lost, gets the same answer.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.networks import is_same_network
from models.read.audit import was_noted
from models.read.devices import DeviceRecord, find_device
from models.read.enrollment import KeyState, PendingRecord, find_key
from models.tables import BlockedSerial, Device, DeviceToken, PendingEnrollment
from models.write.audit import record
from models.write.claims import Case, Claim, Decision, Outcome
from models.write.devices import add_token, revoke_tokens, set_status
from models.write.enrollment_keys import count_use
from models.write.places import Board, bind, settle, take_turn
from models.write.waiting import remember

#: A Pi comes back with a new card unasked only if its old credential was silent for this long ...
SILENT_FOR = timedelta(minutes=30)
#: ... and not more often than this in a day.
COMEBACKS_PER_DAY = 3
# A Pi that is refused asks again for days; the record says so once an hour.
_REFUSAL_NOTED_EVERY = timedelta(hours=1)


def enroll(session: Session, key_id: str, claim: Claim, *, now: datetime) -> Decision:
    """Decide about a Pi that showed the key ``key_id``; the caller has compared the key's digest.

    Refusals and joins leave an entry in the audit log, so the transaction is to be committed whatever the outcome.
    """
    take_turn(session)
    found = find_key(session, key_id)
    if found is None or found.key.state(now) in (KeyState.EXPIRED, KeyState.REVOKED):
        return Decision(Outcome.KEY_ENDED)
    case = Case(session, found.key, claim, now)
    decision = _decide(case)
    _note(case, decision)
    return decision


def approve(session: Session, pending: PendingRecord, *, decided_by: int | None, now: datetime) -> DeviceRecord | None:
    """Let a waiting Pi in: its credential replaces the old ones, which end; history and name stay with the device.

    A board that nobody registered gets a place and costs a use of its key; None when there is none left. Call
    :func:`models.write.places.take_turn` first, and read ``pending`` after it.
    """
    board = Board(pending.serial, pending.serial_source)
    if pending.device is not None:
        device = find_device(session, pending.device)
    else:
        device = settle(session, board, site=_site_of_key(session, pending), now=now)
        if device is not None and not count_use(session, pending.enrollment_key_id):
            return None
    if device is None:
        return None
    _hand_over(session, device, pending, now=now)
    _decide_pending(session, PendingEnrollment.id == pending.id, "approved", decided_by, now)
    others = (PendingEnrollment.serial == pending.serial) & (PendingEnrollment.state == "pending")
    _decide_pending(session, others, "rejected", decided_by, now)
    return device


def reject(session: Session, pending_id: int, *, decided_by: int | None, now: datetime) -> None:
    """Turn a waiting Pi away; with the same credential it is never asked about again."""
    _decide_pending(session, PendingEnrollment.id == pending_id, "rejected", decided_by, now)


def _decide(case: Case) -> Decision:
    if case.session.get(BlockedSerial, case.serial) is not None:
        return Decision(Outcome.BLOCKED)
    return _by_credential(case) or _by_board(case) or _newcomer(case)


def _by_credential(case: Case) -> Decision | None:
    """Decide by the credential, if it was heard of: the same Pi again, or a copy of its card."""
    known = case.session.execute(
        select(DeviceToken.digest, DeviceToken.revoked_at, DeviceToken.expires_at, Device.name, Device.serial)
        .join(Device, Device.id == DeviceToken.device_id)
        .where((DeviceToken.digest == case.claim.digest) | (DeviceToken.id == case.claim.token_id))
    ).first()
    if known is None:
        return _by_waiting_credential(case)
    if bytes(known.digest) != case.claim.digest:
        return Decision(Outcome.REJECTED)  # the public half of a credential with another secret
    if known.serial is None and _device_of_board(case) is None:
        # The credential was made on the server and put on the card by hand: now its board is known, too.
        bind(case.session, known.name, case.claim.board)
    elif known.serial != case.serial:
        return Decision(Outcome.CLONED, known.name)
    ended = known.revoked_at is not None or (known.expires_at is not None and known.expires_at <= case.now)
    return Decision(Outcome.REJECTED if ended else Outcome.KNOWN, known.name)


def _by_waiting_credential(case: Case) -> Decision | None:
    waiting = case.session.execute(
        select(PendingEnrollment.id, PendingEnrollment.serial, PendingEnrollment.state).where(
            PendingEnrollment.digest == case.claim.digest
        )
    ).first()
    if waiting is None:
        return None
    if waiting.serial != case.serial:
        return Decision(Outcome.CLONED)
    return None if waiting.state == "pending" else Decision(Outcome.REJECTED)


def _by_board(case: Case) -> Decision | None:
    """Decide by the board, if it is a device's: one that was registered ahead, or one that comes with a new card."""
    device = _device_of_board(case)
    if device is None:
        return None
    if device.status == "blocked":
        return Decision(Outcome.BLOCKED, device.name)
    has_joined = case.session.scalar(select(func.count()).where(DeviceToken.device_id == device.id))
    if has_joined or device.status == "retired":
        return _wait(case, device)
    if not count_use(case.session, case.key.id):
        return Decision(Outcome.FULL, device.name)
    bind(case.session, device.name, case.claim.board)
    return _let_in(case, device)


def _newcomer(case: Case) -> Decision:
    if case.key.listed_only:
        return _wait(case)
    if case.key.state(case.now) is KeyState.FULL:
        return Decision(Outcome.FULL)
    device = settle(case.session, case.claim.board, site=case.key.site, now=case.now)
    if device is None:
        return Decision(Outcome.FULL)
    count_use(case.session, case.key.id)
    return _let_in(case, device)


def _let_in(case: Case, device: DeviceRecord) -> Decision:
    case.session.execute(delete(PendingEnrollment).where(PendingEnrollment.digest == case.claim.digest))
    _add_token(case.session, device.id, case.claim, case.key.id, now=case.now)
    return Decision(Outcome.JOINED, device.name)


def _wait(case: Case, device: DeviceRecord | None = None) -> Decision:
    """Put the Pi on the list of those that wait, or note that it asked again; let it in if its key says so."""
    pending = remember(case, device)
    if pending is None:
        return Decision(Outcome.FULL)
    if case.key.auto_approve and _may_come_back(case, pending):
        approve(case.session, pending, decided_by=None, now=case.now)
        return Decision(Outcome.JOINED, pending.device)
    return Decision(Outcome.PENDING, pending.device)


def _may_come_back(case: Case, pending: PendingRecord) -> bool:
    """Tell whether a known board may have a new card without asking: silent, near, not too often, not contested."""
    if pending.device is None or pending.is_contested:
        return False
    if pending.last_seen_at is not None and case.now - pending.last_seen_at < SILENT_FOR:
        return False
    approved = (PendingEnrollment.serial == pending.serial) & (PendingEnrollment.state == "approved")
    today = approved & (PendingEnrollment.decided_at > case.now - timedelta(days=1))
    often = (case.session.scalar(select(func.count()).where(today)) or 0) >= COMEBACKS_PER_DAY
    return not often and is_same_network(case.claim.address, pending.last_address)


def _device_of_board(case: Case) -> DeviceRecord | None:
    name = case.session.scalar(select(Device.name).where(Device.serial == case.serial))
    return None if name is None else find_device(case.session, name)


def _site_of_key(session: Session, pending: PendingRecord) -> str | None:
    found = find_key(session, pending.enrollment_key_id)
    return None if found is None else found.key.site


def _hand_over(session: Session, device: DeviceRecord, pending: PendingRecord, *, now: datetime) -> None:
    """End the credentials of a device and let the waiting one in; a retired device is back in service."""
    revoke_tokens(session, device.id, now)
    set_status(session, device.id, "active")
    row = session.get_one(PendingEnrollment, pending.id)
    board = Board(row.serial, row.serial_source)
    claim = Claim(board, row.token_id, bytes(row.digest), row.address)
    _add_token(session, device.id, claim, row.enrollment_key_id, now=now)


def _add_token(session: Session, device_id: int, claim: Claim, key_id: str, *, now: datetime) -> None:
    add_token(
        session,
        device_id,
        claim.token_id,
        claim.digest,
        enrollment_key_id=key_id,
        address=claim.address,
        now=now,
    )


def _decide_pending(session: Session, which: Any, state: str, decided_by: int | None, now: datetime) -> None:
    values = {"state": state, "decided_by": decided_by, "decided_at": now}
    session.execute(PendingEnrollment.__table__.update().where(which).values(values))  # type: ignore[attr-defined]


def _note(case: Case, decision: Decision) -> None:
    """Leave a trace: of every join, and of what a person should know about, once an hour."""
    if decision.outcome is Outcome.KNOWN:
        return
    action = "enroll" if decision.outcome is Outcome.JOINED else f"enroll-{decision.outcome}"
    since = case.now - _REFUSAL_NOTED_EVERY
    if decision.outcome is not Outcome.JOINED and was_noted(
        case.session, action, object_kind="serial", object_id=case.serial, since=since
    ):
        return
    record(
        case.session,
        f"enrollment-key:{case.key.id}",
        action,
        object_kind="serial",
        object_id=case.serial,
        address=case.claim.address,
        details={"device": decision.device, "token_id": case.claim.token_id, **case.claim.agent},
        at=case.now,
    )
