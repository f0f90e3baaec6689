"""Pis join a real server, with answers lost at any byte, cards copied, boards swapped, credentials replaced."""

import shutil
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.db import session_scope
from models.read.devices import find_device, list_devices
from models.read.enrollment import list_pending
from models.write.devices import revoke_tokens
from models.write.enrollment import approve
from models.write.rotation import ask_for_rotation
from pi_reader.protocol import CONFIG_PATH
from pi_reader.roots import Roots
from pi_reader.transport import Transport, TransportError, tls_trust

Write = Callable[..., "Card"]  # type: ignore[name-defined]  # noqa: F821 - in conftest, which cannot be imported


def works(farm, token: str) -> bool:
    transport = Transport(farm.line.url, token, tls_trust(farm.line.url, None))
    try:
        return transport.get(CONFIG_PATH).status == 200
    finally:
        transport.close()


def test_99_cards_written_from_one_image_get_99_names_without_a_gap(farm, write_card: Write):
    cards = [write_card(f"1000000000{number:06x}") for number in range(1, 100)]

    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda card: card.join(), cards))

    assert set(names) == {f"pi-{number}" for number in range(1, 100)}
    assert [card.join() for card in cards[:5]] == names[:5]
    assert farm.key_record.uses == 99


def test_an_answer_lost_at_any_byte_costs_neither_name_nor_use(farm, write_card: Write):
    farm.open_key(200)
    for number, cut in enumerate(range(0, 700, 35), start=1):
        card = write_card(f"{number:08x}")
        farm.line.cuts.append(cut)
        first = _outcome(card)

        name = card.join()

        assert first in (None, name)
        assert name == f"pi-{number}"
        assert works(farm, card.token)
    assert farm.key_record.uses == number
    assert len(list_of_names(farm)) == number


def test_what_stays_on_the_card_is_the_owners_alone_and_the_key_is_gone(farm, write_card: Write):
    card = write_card("a1a1a1a1")

    card.join()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in card.state.iterdir()}
    assert modes == {"token": 0o600, "board.json": 0o600, "joined.json": 0o600, "server.json": 0o600, "name": 0o644}
    assert stat.S_IMODE(card.state.stat().st_mode) == 0o700
    assert farm.key.text not in card.roots.boot_file.read_text()
    assert (card.state / "name").read_text() == "pi-1\n"


def test_without_the_boot_file_it_still_knows_its_server(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    card.roots.boot_file.unlink()

    assert card.join() == "pi-1"


def test_a_pi_without_an_answer_tries_again_soon_until_it_has_joined(farm, write_card: Write):
    membership, transport = write_card("100000000000000b").start()

    before = membership.wait_after_no_answer()
    membership.attempt()
    after = membership.wait_after_no_answer()
    transport.close()

    assert before is not None
    assert before <= 2
    assert after is None


def test_a_new_card_in_a_known_board_waits_and_keeps_the_name_once_approved(farm, write_card: Write):
    old = write_card("a1a1a1a1")
    old.join()
    new = write_card("a1a1a1a1")
    membership, transport = new.start()

    wait_s = membership.attempt()

    assert wait_s is not None
    assert 60 <= wait_s <= 76
    assert membership.detail == "waiting until a person lets this Pi in"
    with session_scope(farm.engine) as session:
        approve(session, list_pending(session)[0], decided_by=None, now=datetime.now(UTC))
    approved_at = time.monotonic()
    assert membership.attempt() is None
    assert membership.name == "pi-1"
    while works(farm, old.token):
        assert time.monotonic() - approved_at < 1
    transport.close()


def test_an_image_of_a_card_that_has_joined_joins_as_a_pi_of_its_own(farm, write_card: Write, tmp_path: Path):
    golden = write_card("a1a1a1a1")
    golden.join()
    shutil.copytree(golden.roots.root, tmp_path / "copy")
    copy = type(golden)(Roots(tmp_path / "copy"))
    copy.put_into("b2b2b2b2")
    copy.roots.boot_file.write_text(golden_boot_file(farm))

    assert copy.join() == "pi-2"
    assert copy.token != golden.token
    assert works(farm, golden.token)


def test_a_card_that_was_started_once_without_network_and_then_copied_is_two_pis(farm, write_card, tmp_path: Path):
    golden = write_card("a1a1a1a1")
    golden.start()[1].close()
    shutil.copytree(golden.roots.root, tmp_path / "copy")
    copy = type(golden)(Roots(tmp_path / "copy"))
    copy.put_into("b2b2b2b2")

    assert {golden.join(), copy.join()} == {"pi-1", "pi-2"}


def test_a_token_that_another_board_joined_with_is_given_up_for_a_new_one(farm, write_card: Write):
    first, second = write_card("a1a1a1a1"), write_card("b2b2b2b2")
    first.join()
    membership, transport = second.start()
    second_own = second.token
    transport.close()
    (second.state / "token").write_text(first.token)
    board = (second.state / "board.json").read_text()
    (second.state / "board.json").write_text(board.replace(second_own[4:12], first.token[4:12]))

    membership, transport = second.start()

    assert membership.attempt() == 0.0
    assert membership.attempt() is None
    assert membership.name == "pi-2"
    assert second.token not in (first.token, second_own)
    transport.close()


def test_readings_of_the_old_board_stay_behind_when_its_card_is_moved(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    (card.state / "outbox.db").write_bytes(b"readings of another tank")
    card.put_into("b2b2b2b2")
    card.roots.boot_file.write_text(golden_boot_file(farm))

    assert card.join() == "pi-2"
    assert (card.state / "outbox.db.of-a1a1a1a1").read_bytes() == b"readings of another tank"
    assert not (card.state / "outbox.db").exists()


@pytest.mark.parametrize("serial", ["", "0000000000000000"])
def test_boards_without_a_serial_number_do_not_merge(farm, write_card: Write, serial: str):
    one, other = write_card(serial), write_card(serial)

    assert {one.join(), other.join()} == {"pi-1", "pi-2"}
    assert one.join() == "pi-1"


def test_a_key_that_has_ended_does_not_stop_a_pi_that_it_let_in(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    farm.line.cuts.append(60)
    assert _outcome(card) is None
    with session_scope(farm.engine) as session:
        session.connection().exec_driver_sql("UPDATE enrollment_keys SET revoked_at = now()")

    assert card.join() == "pi-1"


def test_a_damaged_token_waits_for_a_key_and_then_for_a_person(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    (card.state / "token").write_bytes(b"\0" * 40)

    membership, transport = card.start()
    assert membership.attempt() is not None
    assert membership.detail == "waiting for an enrollment key, on the boot partition or a USB stick"
    card.roots.boot_file.write_text(golden_boot_file(farm))
    assert membership.attempt() is not None
    assert membership.detail == "waiting until a person lets this Pi in"
    transport.close()


def test_a_pi_whose_token_was_revoked_asks_again_once_it_finds_a_key(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    revoke(farm, "pi-1")
    membership, transport = card.start()

    assert not membership.is_refused()
    card.roots.boot_file.write_text(golden_boot_file(farm))
    assert membership.is_refused()
    membership.attempt()

    assert membership.detail == "waiting until a person lets this Pi in"
    transport.close()


def test_a_rotation_cut_at_any_byte_never_locks_a_pi_out(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    for cut in range(0, 520, 40):
        ask(farm, "pi-1")
        before = card.token
        membership, transport = card.start()
        membership.ask_to_rotate()
        farm.line.cuts.append(cut)
        rotate(membership)
        transport.close()

        # The power goes off here: everything is read from the card again.
        membership, transport = card.start()
        rotate(membership)
        assert transport.get(CONFIG_PATH).status == 200
        assert card.token != before
        transport.close()
    assert card.join() == "pi-1"


def test_a_pi_that_was_off_for_longer_than_the_old_token_lived_finds_its_way_back(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    membership, transport = card.start()
    membership.ask_to_rotate()
    farm.line.cuts.append(10)
    rotate(membership)
    transport.close()
    with session_scope(farm.engine) as session:
        session.connection().exec_driver_sql("UPDATE device_tokens SET expires_at = now() WHERE expires_at IS NOT NULL")
    old = card.token

    membership, transport = card.start()
    deadline = time.monotonic() + 2
    while works(farm, old):
        assert time.monotonic() < deadline
    assert membership.is_refused()

    assert card.token != old
    assert transport.get(CONFIG_PATH).status == 200
    transport.close()


def rotate(membership) -> None:
    try:
        membership.attempt()
    except TransportError:
        return


def ask(farm, name: str) -> None:
    with session_scope(farm.engine) as session:
        device = find_device(session, name)
        assert device is not None
        ask_for_rotation(session, [device.id], now=datetime.now(UTC))


def revoke(farm, name: str) -> None:
    with session_scope(farm.engine) as session:
        device = find_device(session, name)
        assert device is not None
        revoke_tokens(session, device.id, datetime.now(UTC))


def golden_boot_file(farm) -> str:
    return f'server_url = "{farm.line.url}"\nenrollment_key = "{farm.key.text}"\n'


def list_of_names(farm) -> list[str]:
    with session_scope(farm.engine) as session:
        return [device.name for device in list_devices(session)]


def _outcome(card) -> str | None:
    try:
        return card.join()
    except TransportError:
        return None
