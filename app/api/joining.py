"""``/enrollment-keys`` and ``/enrollments``: who may join, who asks to, who did."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy import Engine

from app.api.wire import Stamp, done, written
from app.joining.keys import LONGEST_LIFE, LONGEST_NOTE, MOST_USES, EnrollmentKeys, KeyWish
from app.joining.waiting import Waiting
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed
from models.read.enrollment import JoinedRecord, KeyRecord, PendingRecord

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Hours = Annotated[int, Meta(ge=1, le=int(LONGEST_LIFE / timedelta(hours=1)))]


class NewEnrollmentKey(Struct, forbid_unknown_fields=True):
    """A key to be made: it lets ``max_uses`` new boards in. For the rest see the guide to joining."""

    max_uses: Annotated[int, Meta(ge=1, le=MOST_USES)]
    life_hours: Hours = 7 * 24
    site: Name | None = None
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] | None = None
    auto_approve: bool = False
    listed_only: bool = False


class MadeEnrollmentKey(Struct):
    """A new key; ``key`` is shown here and never again."""

    id: str
    key: str


class EnrollmentKeyEntry(Struct):
    """A key as it is kept: without its secret. ``state`` is open, full, expired or revoked."""

    id: str
    state: str
    note: str | None
    site: str | None
    max_uses: int
    uses: int
    auto_approve: bool
    listed_only: bool
    created_by: str | None
    created_at: Stamp
    expires_at: Stamp
    revoked_at: Stamp | None


class EnrollmentKeyList(Struct):
    """All keys, newest first."""

    enrollment_keys: list[EnrollmentKeyEntry]


class WaitingPi(Struct):
    """A Pi that needs a person. ``contested`` is true when the device it claims to be went on posting."""

    id: int
    serial: str
    serial_source: str
    device: str | None
    site: str | None
    enrollment_key: str
    address: str
    agent: dict[str, str]
    created_at: Stamp
    asked_at: Stamp
    last_seen_at: Stamp | None
    last_address: str | None
    same_network: bool
    contested: bool


class JoinedPi(Struct):
    """A Pi that joined."""

    device: str
    serial: str | None
    enrollment_key: str
    address: str | None
    joined_at: Stamp


class Enrollments(Struct):
    """Who waits, the longest waiting first, and the hundred that joined last, newest first."""

    waiting: list[WaitingPi]
    joined: list[JoinedPi]


class Approved(Struct):
    """The Pi is let in under this name."""

    device: str


class BlockReason(Struct, forbid_unknown_fields=True):
    """Why a board is shut out."""

    reason: Annotated[str, Meta(max_length=500)] | None = None


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    _add_key_routes(blueprint, EnrollmentKeys(engine, clock), clock)
    _add_enrollment_routes(blueprint, Waiting(engine, clock))


def _add_key_routes(blueprint: Blueprint, keys: EnrollmentKeys, clock: Callable[[], datetime]) -> None:
    @blueprint.get("/enrollment-keys")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("List the enrollment keys", answer=EnrollmentKeyList)
    def enrollment_key_list() -> Response:
        """All of them, those that ended too; never their secrets."""
        found = keys.list_all(by=current_user())
        return answer(EnrollmentKeyList([_key(one, clock()) for one in found]))

    @blueprint.post("/enrollment-keys")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation(
        "Make an enrollment key", body=NewEnrollmentKey, answer=MadeEnrollmentKey, status=201, problems=("refused",)
    )
    def make_enrollment_key() -> Response:
        """It lets Pis join until it expires or is used up, and does nothing else."""
        body = read_typed(request, NewEnrollmentKey)
        wish = KeyWish(
            max_uses=body.max_uses,
            life=timedelta(hours=body.life_hours),
            site=body.site,
            note=body.note,
            auto_approve=body.auto_approve,
            listed_only=body.listed_only,
        )
        token = keys.create(wish, by=current_user())
        return answer(MadeEnrollmentKey(token.id, token.text), status=201)

    @blueprint.delete("/enrollment-keys/<key_id>")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Revoke an enrollment key", status=204, problems=("unknown-item",))
    def revoke_enrollment_key(key_id: str) -> Response:
        """It ends at once; the Pis that joined with it stay."""
        keys.revoke(key_id[:64].replace("\0", ""), by=current_user())
        return done()


def _add_enrollment_routes(blueprint: Blueprint, waiting: Waiting) -> None:
    @blueprint.get("/enrollments")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("List the Pis that wait and those that joined", answer=Enrollments)
    def enrollments() -> Response:
        """A Pi waits when its board is known and its card is new, or when its key lets in only listed boards."""
        user = current_user()
        pending, joined = waiting.list_all(by=user), waiting.list_joined(by=user)
        return answer(Enrollments([_waiting(one) for one in pending], [_joined(one) for one in joined]))

    @blueprint.post("/enrollments/<int(max=9223372036854775807):number>/approve")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Let a waiting Pi in", answer=Approved, problems=("unknown-item", "refused"))
    def approve_enrollment(number: int) -> Response:
        """Its card replaces the one before, which is dead within a second; name, history and calibration stay."""
        return answer(Approved(waiting.approve(number, by=current_user())))

    @blueprint.post("/enrollments/<int(max=9223372036854775807):number>/reject")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Turn a waiting Pi away", status=204, problems=("unknown-item",))
    def reject_enrollment(number: int) -> Response:
        """With the same card it is not asked about again."""
        waiting.reject(number, by=current_user())
        return done()

    @blueprint.post("/enrollments/<int(max=9223372036854775807):number>/block")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Shut the board of a waiting Pi out", body=BlockReason, status=204, problems=("unknown-item",))
    def block_enrollment(number: int) -> Response:
        """Its board never joins, whatever card is in it."""
        body = read_typed(request, BlockReason)
        waiting.block(number, reason=body.reason, by=current_user())
        return done()


def _key(one: KeyRecord, now: datetime) -> EnrollmentKeyEntry:
    same = {name: getattr(one, name) for name in ("id", "note", "site", "max_uses", "uses", "created_by")}
    return EnrollmentKeyEntry(
        **same,
        state=str(one.state(now)),
        auto_approve=one.auto_approve,
        listed_only=one.listed_only,
        created_at=format_moment(one.created_at),
        expires_at=format_moment(one.expires_at),
        revoked_at=written(one.revoked_at),
    )


def _waiting(one: PendingRecord) -> WaitingPi:
    same = {name: getattr(one, name) for name in ("id", "serial", "serial_source", "device", "site", "address")}
    return WaitingPi(
        **same,
        enrollment_key=one.enrollment_key_id,
        agent=one.agent,
        created_at=format_moment(one.created_at),
        asked_at=format_moment(one.asked_at),
        last_seen_at=written(one.last_seen_at),
        last_address=one.last_address,
        same_network=one.is_same_network,
        contested=one.is_contested,
    )


def _joined(one: JoinedRecord) -> JoinedPi:
    return JoinedPi(one.device, one.serial, one.enrollment_key_id, one.address, format_moment(one.joined_at))
