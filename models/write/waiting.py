"""The list of Pis that wait for a person: bounded, whoever asks."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql

from models.read.devices import DeviceRecord
from models.read.enrollment import PendingRecord, find_pending
from models.tables import PendingEnrollment
from models.write.claims import Case

# Somebody who has a key could fill the list with made-up cards; the longest unheard gives way.
_MOST_WAITING_PER_SERIAL = 10
_MOST_WAITING_PER_KEY = 1000


def remember(case: Case, device: DeviceRecord | None) -> PendingRecord | None:
    """Keep or refresh the row of a waiting Pi; None when its key has brought more of them than anybody can look at."""
    _make_room(case)
    of_key = (PendingEnrollment.enrollment_key_id == case.key.id) & (PendingEnrollment.state == "pending")
    is_crowded = (case.session.scalar(select(func.count()).where(of_key)) or 0) >= _MOST_WAITING_PER_KEY
    said = {
        "device_id": None if device is None else device.id,
        "address": case.claim.address or "",
        "agent": case.claim.agent,
        "asked_at": case.now,
    }
    values = {
        "serial": case.serial,
        "serial_source": case.claim.board.source,
        "digest": case.claim.digest,
        "token_id": case.claim.token_id,
        "enrollment_key_id": case.key.id,
        "created_at": case.now,
        **said,
    }
    statement = postgresql.insert(PendingEnrollment).values(values)
    statement = statement.on_conflict_do_update(index_elements=["serial", "digest"], set_=said)
    known = select(PendingEnrollment.id).where(PendingEnrollment.digest == case.claim.digest)
    if is_crowded and case.session.scalar(known) is None:
        return None
    pending_id = case.session.execute(statement.returning(PendingEnrollment.id)).scalar_one()
    return find_pending(case.session, pending_id)


def _make_room(case: Case) -> None:
    of_board = (PendingEnrollment.serial == case.serial) & (PendingEnrollment.state == "pending")
    other = PendingEnrollment.digest != case.claim.digest
    newest = select(PendingEnrollment.id).where(of_board & other).order_by(PendingEnrollment.asked_at.desc())
    surplus = case.session.scalars(newest.offset(_MOST_WAITING_PER_SERIAL - 1)).all()
    case.session.execute(delete(PendingEnrollment).where(PendingEnrollment.id.in_(surplus)))
