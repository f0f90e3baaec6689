"""A Pi with two tanks joins as two devices."""

from datetime import UTC, datetime

from models.db import session_scope
from models.read.devices import list_devices
from models.write.devices import register_device
from pi_reader.clock import Clock
from pi_reader.config import load_agent_config
from pi_reader.station import build_membership

SECOND_TANK = '[[tank]]\nid = "b"\nseed = 6\n'


def add_tank(card) -> None:
    file = card.roots.at("/etc/hydrofleet/pi.toml")
    file.write_text(file.read_text() + SECOND_TANK)


def join(card) -> list[str | None]:
    """Start the memberships of all tanks as after a boot, try each once, and give their names."""
    config = load_agent_config(card.roots.at("/etc/hydrofleet/pi.toml"), {}, roots=card.roots)
    tanks = config.each_tank(card.roots)
    clock, tokens = Clock(trusted=True), [tank.token_file for tank, _ in tanks]
    started = [build_membership(tank, config.server, roots, clock, tokens) for tank, roots in tanks]
    names = []
    for membership, transport in started:
        membership.attempt()
        names.append(membership.name)
        transport.close()
    return names


def serials(farm) -> dict[str, str | None]:
    with session_scope(farm.engine) as session:
        return {device.name: device.serial for device in list_devices(session)}


def test_each_tank_gets_a_name_and_a_use_of_the_key_which_goes_when_all_have_joined(farm, write_card) -> None:
    card = write_card("10000000a1a1a1a1")
    add_tank(card)
    kept: list[bool] = []
    note = farm.key.text

    names = join(card)
    kept.append(note in card.roots.boot_file.read_text())

    assert names == ["pi-1", "pi-2"]
    assert serials(farm) == {"pi-1": "10000000a1a1a1a1", "pi-2": "10000000a1a1a1a1b"}
    assert (kept, farm.key_record.uses) == ([False], 2)
    assert (card.state / "name").read_text() == "pi-1\n"


def test_a_tank_added_later_waits_for_a_key_and_the_pi_stays_who_it_is(farm, write_card) -> None:
    card = write_card("10000000a1a1a1a1")
    card.join()
    add_tank(card)

    assert join(card) == ["pi-1", None]

    text = card.roots.boot_file.read_text()
    card.roots.boot_file.write_text(f'enrollment_key = "{farm.key.text}"\n{text}')
    assert join(card) == ["pi-1", "pi-2"]
    assert farm.key.text not in card.roots.boot_file.read_text()


def test_a_tank_may_be_given_its_name_beforehand(farm, write_card) -> None:
    with session_scope(farm.engine) as session:
        register_device(session, "pi-52b", serial="10000000a1a1a1a1b", now=datetime.now(UTC))
    card = write_card("10000000a1a1a1a1")
    add_tank(card)

    assert join(card) == ["pi-1", "pi-52b"]
