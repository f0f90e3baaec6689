"""A configuration that is damaged is no reason to stop reading."""

import subprocess
import sys
from pathlib import Path

import pytest

from pi_reader.last_good import KEPT, load_or_last_good
from pi_reader.roots import Roots
from pi_reader.toml_table import ConfigError

GOOD = 'server_url = "https://farm.local"\ninterval_s = 20\n[probes]\nisolated = true\n'


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    """A card whose state directory is there, as systemd makes it."""
    (tmp_path / "etc" / "hydrofleet").mkdir(parents=True)
    (tmp_path / "var" / "lib" / "hydrofleet").mkdir(parents=True)
    return Roots(tmp_path)


@pytest.fixture
def file(roots: Roots) -> Path:
    path = roots.at("/etc/hydrofleet/pi.toml")
    path.write_text(GOOD)
    return path


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (b"server_url = \x00\x00\x00", "not valid TOML"),
        (b"\xff\xfe\x00", "not valid TOML"),
        (b'server_url = "https://farm.local"\ninterval_s = "often"\n', "line 2: interval_s"),
        (GOOD.replace("interval_s", "intervals").encode(), "intervals"),
    ],
)
def test_a_damaged_one_is_replaced_by_the_last_good_one(roots: Roots, file: Path, damage: bytes, fault: str) -> None:
    load_or_last_good(file, roots)
    file.write_bytes(damage)

    loaded = load_or_last_good(file, roots)

    assert loaded.config.delivery.interval_s == 20
    assert fault in loaded.fault
    assert loaded.config.is_last_good


def test_every_tank_of_the_pi_knows_that_it_is_the_last_good_one(roots: Roots, file: Path) -> None:
    other = '[[tank]]\nid = "b"\nds18b20_id = "0000000000a2"\nph_channel = 2\nec_channel = 3\n'
    file.write_text(f'{GOOD}ds18b20_id = "0000000000a1"\n{other}')
    sound = load_or_last_good(file, roots).config
    file.write_text("damaged")

    config = load_or_last_good(file, roots).config

    assert [tank.is_last_good for tank, _ in sound.each_tank(roots)] == [False, False]
    assert [tank.is_last_good for tank, _ in config.each_tank(roots)] == [True, True]


def test_one_that_is_gone_is_replaced_too(roots: Roots, file: Path) -> None:
    load_or_last_good(file, roots)
    file.unlink()

    loaded = load_or_last_good(file, roots)

    assert loaded.config.delivery.interval_s == 20
    assert "cannot be read" in loaded.fault


def test_a_good_change_is_the_next_last_good_one(roots: Roots, file: Path) -> None:
    load_or_last_good(file, roots)
    file.write_text(GOOD.replace("20", "30"))
    assert load_or_last_good(file, roots).fault == ""
    file.write_text("damaged")

    assert load_or_last_good(file, roots).config.delivery.interval_s == 30


def test_without_a_good_one_the_fault_is_told(roots: Roots, file: Path) -> None:
    file.write_text("damaged")

    with pytest.raises(ConfigError, match="not valid TOML"):
        load_or_last_good(file, roots)


def test_where_both_are_damaged_the_fault_is_that_of_the_file(roots: Roots, file: Path) -> None:
    load_or_last_good(file, roots)
    roots.at(KEPT).write_text("damaged")
    file.write_text(GOOD.replace("20", "-1"))

    with pytest.raises(ConfigError, match="interval_s"):
        load_or_last_good(file, roots)


def test_a_card_that_cannot_be_written_keeps_the_older_one(roots: Roots, file: Path) -> None:
    load_or_last_good(file, roots)
    roots.at(KEPT).with_suffix(".new").mkdir()
    file.write_text(GOOD.replace("20", "30"))

    assert load_or_last_good(file, roots).config.delivery.interval_s == 30
    assert "interval_s = 20" in roots.at(KEPT).read_text()


def test_status_goes_on_and_the_selftest_names_the_fault(roots: Roots, file: Path, tmp_path: Path) -> None:
    load_or_last_good(file, roots)
    file.write_text(GOOD.replace("20", "-1"))
    command = [sys.executable, "-m", "pi_reader", "status", "--root", str(tmp_path)]

    status = subprocess.run(command, capture_output=True, text=True, check=False)
    selftest = subprocess.run([*command[:3], "selftest", *command[4:]], capture_output=True, text=True, check=False)

    assert status.returncode == 0
    assert "interval_s" in status.stderr
    assert "going on by the last good configuration" in status.stderr
    assert (selftest.returncode, "line 2: interval_s" in selftest.stderr) == (78, True)
