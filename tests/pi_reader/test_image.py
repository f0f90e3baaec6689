"""What happens around a card: an image is made of it, its Pi gets a name."""

import subprocess
import sys
from pathlib import Path

import pytest

from pi_reader.config import load_agent_config
from pi_reader.host_name import NoName, read_given_name, set_host_name
from pi_reader.image import StillMember, prepare_image
from pi_reader.roots import Roots


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    card = Roots(tmp_path)
    files = {
        "/etc/hydrofleet/pi.toml": '[probes]\nbus = "simulated"\n',
        "/etc/hostname": "raspberrypi\n",
        "/etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n",
        "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "/etc/ssh/ssh_host_ed25519_key": "secret\n",
        "/etc/ssh/ssh_host_ed25519_key.pub": "public\n",
        "/etc/ssh/sshd_config": "Port 22\n",
        "/boot/firmware/hydrofleet.toml": 'server_url = "https://farm.local"\n',
        "/var/lib/hydrofleet/token": "hfd_abcdefgh_" + "t" * 43,
        "/var/lib/hydrofleet/token.of-a1a1a1a1": "old\n",
        "/var/lib/hydrofleet/board.json": "{}",
        "/var/lib/hydrofleet/outbox.db": "readings",
        "/var/lib/hydrofleet/outbox.db-wal": "more readings",
        "/var/lib/hydrofleet/name": "pi-7\n",
        "/var/lib/hydrofleet/server.json": "{}",
    }
    for path, text in files.items():
        file = card.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return card


def run(roots: Roots, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pi_reader", *arguments, "--root", str(roots.root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_of_this_pi_is_left_for_the_copies(roots: Roots):
    config = load_agent_config(roots.at("/etc/hydrofleet/pi.toml"), {}, roots=roots)

    prepare_image(config, roots, is_sure=False)

    left = {str(path.relative_to(roots.root)): path.read_text() for path in roots.root.rglob("*") if path.is_file()}
    assert left == {
        "etc/hydrofleet/pi.toml": '[probes]\nbus = "simulated"\n',
        "etc/hostname": "raspberrypi\n",
        "etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n",
        "etc/machine-id": "",
        "etc/ssh/sshd_config": "Port 22\n",
        "boot/firmware/hydrofleet.toml": 'server_url = "https://farm.local"\n',
    }
    assert prepare_image(config, roots, is_sure=False) == []


def test_a_member_of_a_fleet_is_emptied_only_by_somebody_who_is_sure(roots: Roots):
    roots.at("/var/lib/hydrofleet/joined.json").write_text("{}")
    config = load_agent_config(roots.at("/etc/hydrofleet/pi.toml"), {}, roots=roots)

    with pytest.raises(StillMember, match="say --yes"):
        prepare_image(config, roots, is_sure=False)
    assert roots.at("/var/lib/hydrofleet/outbox.db").exists()

    refused = run(roots, "prepare-image")
    done = run(roots, "prepare-image", "--yes")

    assert (refused.returncode, done.returncode) == (1, 0)
    assert "the card is ready to be copied" in done.stdout
    assert not roots.at("/var/lib/hydrofleet/outbox.db").exists()


def test_a_pi_takes_the_name_it_was_given_and_the_key_goes_off_its_card(roots: Roots):
    key = "hfe_abcdefgh_" + "k" * 43
    roots.boot_file.write_text(f'server_url = "https://farm.local"\nenrollment_key = "{key}"\n')

    result = run(roots, "joined")

    assert (result.returncode, result.stderr) == (0, "")
    assert roots.host_name.read_text() == "pi-7\n"
    assert roots.hosts.read_text() == "127.0.0.1\tlocalhost\n127.0.1.1\tpi-7\n"
    assert key not in roots.boot_file.read_text()
    assert not set_host_name("pi-7", roots)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"pi-0\n",
        b"pi-07",
        b"pi-10000",
        b"PI-7",
        b"pi-7; reboot",
        b"pi-7\npi-8\n",
        b"../../etc",
        b"pi-7\0",
        b"\xff",
    ],
)
def test_nothing_else_becomes_a_host_name(tmp_path: Path, content: bytes):
    file = tmp_path / "name"
    file.write_bytes(content)

    with pytest.raises(NoName):
        read_given_name(file)


def test_a_link_left_as_a_name_is_not_followed(tmp_path: Path):
    (tmp_path / "target").write_text("pi-7\n")
    (tmp_path / "name").symlink_to(tmp_path / "target")

    with pytest.raises(NoName):
        read_given_name(tmp_path / "name")


def test_hosts_without_an_own_line_gets_one(tmp_path: Path):
    card = Roots(tmp_path)
    card.hosts.parent.mkdir()
    card.hosts.write_text("127.0.0.1\tlocalhost\n")

    set_host_name("pi-3", card)

    assert card.hosts.read_text() == "127.0.0.1\tlocalhost\n127.0.1.1\tpi-3\n"
