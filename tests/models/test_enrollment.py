"""What becomes of a Pi that asks to join: every row of the table of cases."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models.db import session_scope
from models.read.credentials import device_credentials
from models.read.devices import DeviceCredential, find_device
from models.read.enrollment import find_key, find_pending, list_joined, list_pending
from models.tables import AuditEntry, BlockedSerial, DeviceToken
from models.tokens import Token, TokenKind, make_token
from models.write.claims import Claim, Decision, Outcome
from models.write.devices import issue_token, register_device, register_devices, retire_device, revoke_tokens
from models.write.devices_seen import DeviceSeen, record_seen
from models.write.enrollment import approve, enroll, reject
from models.write.enrollment_keys import add_key, revoke_key
from models.write.places import Board
from models.write.rotation import ask_for_rotation, rotate, take_over

WEEK, HOUR, MINUTE = timedelta(days=7), timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Pi:
    """A board with a card: what it says is the same every time it asks."""

    serial: str
    token: Token

    @property
    def claim(self) -> Claim:
        return Claim(Board(self.serial, "board"), self.token.id, self.token.digest, "10.1.2.34", {"hostname": "pi"})


def pi(serial: str = "10000000000000a1") -> Pi:
    return Pi(serial, make_token(TokenKind.DEVICE))


@dataclass
class Farm:
    """A database and a key that lets two Pis join."""

    session: Session
    now: datetime
    key: str = ""

    def open(self, **options: object) -> str:
        token = make_token(TokenKind.ENROLLMENT)
        given = {"max_uses": 2, "expires_at": self.now + WEEK, "now": self.now, **options}
        add_key(self.session, token, **given)  # type: ignore[arg-type]
        self.key = token.id
        return token.id

    def ask(self, newcomer: Pi, *, after: timedelta = timedelta(0)) -> Decision:
        return enroll(self.session, self.key, newcomer.claim, now=self.now + after)

    @property
    def uses(self) -> int:
        found = find_key(self.session, self.key)
        assert found is not None
        return found.key.uses

    def is_live(self, newcomer: Pi) -> bool:
        found = self.credential(newcomer)
        return found is not None and found.revoked_at is None

    def credential(self, newcomer: Pi) -> DeviceCredential | None:
        return device_credentials(self.session, [newcomer.token.id]).get(newcomer.token.id)

    def seen(self, name: str, at: datetime, address: str = "10.1.2.99") -> None:
        device = find_device(self.session, name)
        assert device is not None
        record_seen(self.session, DeviceSeen(device.id, at, address=address))

    def entries(self, action: str) -> int:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        return int(self.session.scalar(query) or 0)


@pytest.fixture
def farm(session: Session, now: datetime) -> Farm:
    opened = Farm(session, now)
    opened.open()
    return opened


def test_a_new_board_gets_the_lowest_free_name_and_costs_one_use(farm: Farm):
    register_device(farm.session, "pi-1", serial="ff00ff00", now=farm.now)

    assert farm.ask(pi("a1a1a1a1")) == Decision(Outcome.JOINED, "pi-2")
    assert farm.uses == 1
    assert farm.entries("enroll") == 1


def test_the_same_pi_again_gets_the_same_name_and_costs_nothing(farm: Farm):
    newcomer = pi()
    farm.ask(newcomer)

    assert farm.ask(newcomer) == Decision(Outcome.KNOWN, "pi-1")
    assert farm.uses == 1


def test_the_same_pi_is_known_when_the_key_is_full(farm: Farm):
    first = pi("a1a1a1a1")
    farm.ask(first)
    farm.ask(pi("b2b2b2b2"))

    assert farm.ask(first) == Decision(Outcome.KNOWN, "pi-1")


def test_a_full_key_lets_nobody_in_and_says_so_once_an_hour(farm: Farm):
    for serial in ("a1a1a1a1", "b2b2b2b2"):
        farm.ask(pi(serial))
    late = pi("c3c3c3c3")

    assert [farm.ask(late, after=MINUTE * n).outcome for n in (0, 1, 2)] == [Outcome.FULL] * 3
    assert farm.entries("enroll-full") == 1
    assert find_device(farm.session, "pi-3") is None


def test_a_key_that_ended_lets_nobody_in(farm: Farm):
    assert farm.ask(pi(), after=WEEK) == Decision(Outcome.KEY_ENDED)

    revoke_key(farm.session, farm.key, now=farm.now)
    assert farm.ask(pi()) == Decision(Outcome.KEY_ENDED)


def test_a_known_board_with_a_new_card_waits_and_the_old_card_goes_on_working(farm: Farm):
    old, new = pi(), pi()
    farm.ask(old)

    assert farm.ask(new) == Decision(Outcome.PENDING, "pi-1")
    assert farm.ask(new, after=MINUTE) == Decision(Outcome.PENDING, "pi-1")
    assert (farm.is_live(old), farm.is_live(new)) == (True, False)
    assert [waiting.asked_at for waiting in list_pending(farm.session)] == [farm.now + MINUTE]


def test_approval_replaces_the_old_card_and_keeps_name_and_uses(farm: Farm):
    old, new, other = pi(), pi(), pi()
    for newcomer in (old, new, other):
        farm.ask(newcomer)
    waiting = list_pending(farm.session)[0]

    device = approve(farm.session, waiting, decided_by=None, now=farm.now)

    assert device is not None
    assert device.name == "pi-1"
    assert (farm.is_live(old), farm.is_live(new)) == (False, True)
    assert farm.ask(new) == Decision(Outcome.KNOWN, "pi-1")
    assert farm.ask(old) == Decision(Outcome.REJECTED, "pi-1")
    assert farm.ask(other) == Decision(Outcome.REJECTED)
    assert farm.uses == 1


def test_a_rejected_card_is_not_asked_about_again(farm: Farm):
    old, new = pi(), pi()
    farm.ask(old)
    farm.ask(new)

    reject(farm.session, list_pending(farm.session)[0].id, decided_by=None, now=farm.now)

    assert farm.ask(new) == Decision(Outcome.REJECTED)
    assert list_pending(farm.session) == []


def test_a_blocked_board_is_refused_whatever_card_is_in_it(farm: Farm):
    farm.ask(pi())
    farm.session.add(BlockedSerial(serial="10000000000000a1"))
    farm.session.flush()

    assert farm.ask(pi()).outcome is Outcome.BLOCKED
    assert farm.entries("enroll-blocked") == 1


def test_a_copied_card_in_another_board_gets_nothing(farm: Farm):
    original = pi("a1a1a1a1")
    farm.ask(original)

    assert farm.ask(Pi("b2b2b2b2", original.token)) == Decision(Outcome.CLONED, "pi-1")
    assert farm.uses == 1
    assert farm.entries("enroll-cloned") == 1


def test_a_copy_of_a_waiting_card_gets_nothing(farm: Farm):
    farm.ask(pi())
    waiting = pi()
    farm.ask(waiting)

    assert farm.ask(Pi("b2b2b2b2", waiting.token)) == Decision(Outcome.CLONED)


def test_the_public_half_of_a_credential_with_another_secret_gets_nothing(farm: Farm):
    original = pi("a1a1a1a1")
    farm.ask(original)
    forged = Token("", original.token.id, make_token(TokenKind.DEVICE).digest)

    assert farm.ask(Pi("a1a1a1a1", forged)).outcome is Outcome.REJECTED


def test_equal_serial_numbers_of_two_boards_do_not_merge(farm: Farm):
    one, other = pi("00000000deadbeef"), pi("00000000deadbeef")

    assert farm.ask(one) == Decision(Outcome.JOINED, "pi-1")
    assert farm.ask(other) == Decision(Outcome.PENDING, "pi-1")


def test_only_registered_boards_come_in_by_a_key_for_listed_ones(farm: Farm):
    farm.open(listed_only=True)
    register_device(farm.session, "pi-17", serial="a1a1a1a1", now=farm.now)

    assert farm.ask(pi("a1a1a1a1")) == Decision(Outcome.JOINED, "pi-17")
    assert farm.ask(pi("b2b2b2b2")) == Decision(Outcome.PENDING)
    assert farm.uses == 1


def test_a_board_that_nobody_listed_gets_a_place_once_approved(farm: Farm):
    farm.open(listed_only=True)
    stranger = pi("b2b2b2b2")
    farm.ask(stranger)

    approve(farm.session, list_pending(farm.session)[0], decided_by=None, now=farm.now)

    assert farm.ask(stranger) == Decision(Outcome.KNOWN, "pi-1")
    assert farm.uses == 1


def test_a_board_that_is_listed_while_it_waits_comes_in(farm: Farm):
    farm.open(listed_only=True)
    stranger = pi("b2b2b2b2")
    farm.ask(stranger)
    register_device(farm.session, "pi-5", serial="b2b2b2b2", now=farm.now)

    assert farm.ask(stranger) == Decision(Outcome.JOINED, "pi-5")
    assert list_pending(farm.session) == []


def test_places_registered_ahead_are_filled_first_and_with_their_zone(farm: Farm):
    register_devices(farm.session, ["pi-1", "pi-2"], zone="bench 3", now=farm.now)
    issue_token(farm.session, "pi-1", now=farm.now)

    assert farm.ask(pi()) == Decision(Outcome.JOINED, "pi-2")
    device = find_device(farm.session, "pi-2")
    assert device is not None
    assert (device.zone, device.serial) == ("bench 3", "10000000000000a1")


def test_a_place_of_another_site_is_left_alone(farm: Farm):
    register_devices(farm.session, ["pi-1"], site="North", now=farm.now)
    south = register_device(farm.session, "elsewhere", site="South", now=farm.now)
    assert south.site == "South"
    row = farm.session.connection().exec_driver_sql("SELECT id FROM sites WHERE name = 'South'").one()
    farm.open(site_id=row.id)

    assert farm.ask(pi()) == Decision(Outcome.JOINED, "pi-2")


def test_the_name_of_a_retired_device_stays_reserved_and_its_board_has_to_ask(farm: Farm):
    first = pi("a1a1a1a1")
    farm.ask(first)
    retire_device(farm.session, "pi-1", now=farm.now)

    assert farm.ask(pi("b2b2b2b2")) == Decision(Outcome.JOINED, "pi-2")
    assert farm.ask(pi("a1a1a1a1")) == Decision(Outcome.PENDING, "pi-1")
    approve(farm.session, list_pending(farm.session)[0], decided_by=None, now=farm.now)
    back = find_device(farm.session, "pi-1")
    assert back is not None
    assert back.status == "active"


def test_a_credential_put_on_the_card_by_hand_learns_its_board(farm: Farm):
    register_device(farm.session, "pi-7", now=farm.now)
    token = make_token(TokenKind.DEVICE)
    device = find_device(farm.session, "pi-7")
    assert device is not None
    farm.session.add(DeviceToken(id=token.id, digest=token.digest, device_id=device.id))
    farm.session.flush()

    assert farm.ask(Pi("a1a1a1a1", token)) == Decision(Outcome.KNOWN, "pi-7")
    assert farm.ask(Pi("b2b2b2b2", token)) == Decision(Outcome.CLONED, "pi-7")
    assert farm.uses == 0


def test_a_silent_pi_comes_back_by_itself_only_if_its_key_says_so(farm: Farm):
    farm.open(auto_approve=True)
    old, new = pi(), pi()
    farm.ask(old)
    farm.seen("pi-1", farm.now)

    assert farm.ask(new, after=29 * MINUTE) == Decision(Outcome.PENDING, "pi-1")
    assert farm.ask(new, after=30 * MINUTE) == Decision(Outcome.JOINED, "pi-1")
    assert farm.uses == 1


def test_a_pi_from_another_network_does_not_come_back_by_itself(farm: Farm):
    farm.open(auto_approve=True)
    farm.ask(pi())
    farm.seen("pi-1", farm.now, address="10.9.9.9")

    assert farm.ask(pi(), after=HOUR).outcome is Outcome.PENDING


def test_two_pis_that_claim_one_name_are_shown_and_never_come_in_by_themselves(farm: Farm):
    farm.open(auto_approve=True)
    farm.ask(pi())
    farm.seen("pi-1", farm.now)
    new = pi()
    farm.ask(new, after=MINUTE)
    farm.seen("pi-1", farm.now + 2 * MINUTE)

    assert farm.ask(new, after=5 * HOUR).outcome is Outcome.PENDING
    waiting = list_pending(farm.session)[0]
    assert waiting.is_contested
    assert waiting.is_same_network


def test_a_card_comes_back_by_itself_three_times_a_day_at_most(farm: Farm):
    farm.open(auto_approve=True)
    farm.ask(pi())
    farm.seen("pi-1", farm.now - HOUR)

    outcomes = [farm.ask(pi(), after=MINUTE * n).outcome for n in range(4)]

    assert outcomes == [Outcome.JOINED, Outcome.JOINED, Outcome.JOINED, Outcome.PENDING]


def test_made_up_cards_of_one_board_do_not_fill_the_list(farm: Farm):
    farm.ask(pi())

    for number in range(15):
        farm.ask(pi(), after=MINUTE * number)

    assert len(list_pending(farm.session)) == 10


def test_the_pis_that_joined_are_listed_with_their_key(farm: Farm):
    farm.ask(pi())

    joined = list_joined(farm.session, limit=10)

    assert [(one.device, one.enrollment_key_id, one.address) for one in joined] == [("pi-1", farm.key, "10.1.2.34")]


def test_the_old_credential_ends_when_the_new_one_is_used_first(farm: Farm):
    old, new = pi(), pi()
    farm.ask(old)
    device = find_device(farm.session, "pi-1")
    assert device is not None
    ask_for_rotation(farm.session, [device.id], now=farm.now)

    for _ in range(2):  # the first answer was lost
        assert rotate(
            farm.session, device.id, old.token.id, new_token_id=new.token.id, digest=new.token.digest, now=farm.now
        )
    found = farm.credential(old)
    assert found is not None
    assert found.expires_at == farm.now + timedelta(hours=24)
    assert (farm.is_live(old), farm.is_live(new)) == (True, True)

    take_over(farm.session, new.token.id, now=farm.now)
    assert (farm.is_live(old), farm.is_live(new)) == (False, True)
    changed = find_device(farm.session, "pi-1")
    assert changed is not None
    assert changed.rotation_asked_at is None


def test_a_credential_of_another_device_is_no_replacement(farm: Farm):
    one, other = pi("a1a1a1a1"), pi("b2b2b2b2")
    farm.ask(one)
    farm.ask(other)
    device = find_device(farm.session, "pi-1")
    assert device is not None

    assert not rotate(
        farm.session, device.id, one.token.id, new_token_id=other.token.id, digest=other.token.digest, now=farm.now
    )


def test_a_pi_whose_credential_was_revoked_is_told_so(farm: Farm):
    newcomer = pi()
    farm.ask(newcomer)
    device = find_device(farm.session, "pi-1")
    assert device is not None
    revoke_tokens(farm.session, device.id, farm.now)

    assert farm.ask(newcomer) == Decision(Outcome.REJECTED, "pi-1")


def test_what_is_decided_stays_readable(farm: Farm):
    farm.ask(pi())
    farm.ask(pi())
    pending = list_pending(farm.session)[0]
    reject(farm.session, pending.id, decided_by=None, now=farm.now)

    decided = find_pending(farm.session, pending.id)

    assert decided is not None
    assert (decided.state, decided.decided_at, decided.agent) == ("rejected", farm.now, {"hostname": "pi"})


def test_names_given_at_the_same_time_are_unique_and_without_gaps(engine: Engine, now: datetime):
    from concurrent.futures import ThreadPoolExecutor

    with session_scope(engine) as session:
        farm = Farm(session, now)
        farm.open(max_uses=20)

    def join(number: int) -> str | None:
        with session_scope(engine) as session:
            return enroll(session, farm.key, pi(f"{number:08x}").claim, now=now).device

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(join, range(1, 21)))

    assert sorted(names, key=str) == sorted((f"pi-{number}" for number in range(1, 21)), key=str)
