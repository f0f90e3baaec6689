"""The file that takes a Pi to its server: read strictly, whoever wrote it, and rid of its key afterwards."""

import os
import stat
from pathlib import Path

import pytest

from pi_reader.config import load_agent_config
from pi_reader.join_file import read_boot_file, read_stick_file, remove_key
from pi_reader.join_sources import JoinSources
from pi_reader.roots import Roots
from pi_reader.toml_table import ConfigError

KEY = "hfe_abcdefgh_" + "k" * 43
OTHER_KEY = "hfe_12345678_" + "o" * 43


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    card = Roots(tmp_path)
    card.boot_file.parent.mkdir(parents=True)
    return card


def stick(roots: Roots, text: str, name: str = "sda1") -> Path:
    file = roots.at(f"/run/hydrofleet/usb/{name}/hydrofleet-enroll.toml")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def test_the_key_line_goes_and_everything_else_stays(roots: Roots):
    roots.boot_file.write_text(f'# our farm\nserver_url = "https://farm.local"\nenrollment_key = "{KEY}"\n# end\n')

    assert remove_key(roots.boot_file)

    assert roots.boot_file.read_text() == '# our farm\nserver_url = "https://farm.local"\n# end\n'
    assert not remove_key(roots.boot_file)


@pytest.mark.parametrize(
    "line", [f'enrollment_key="{KEY}"', f"  'enrollment_key' = '{KEY}'  # secret", f'"enrollment_key" = "{KEY}"\r']
)
def test_the_key_goes_however_it_is_written(roots: Roots, line: str):
    roots.boot_file.write_bytes(f'{line}\nserver_url = "https://farm.local"'.encode())
    found = read_boot_file(roots.boot_file)
    assert found is not None
    assert found.enrollment_key == KEY

    remove_key(roots.boot_file)

    assert KEY not in roots.boot_file.read_text()
    again = read_boot_file(roots.boot_file)
    assert again is not None
    assert again.server_url == "https://farm.local"


def test_no_file_is_no_fault(roots: Roots):
    assert read_boot_file(roots.boot_file) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f'enrollment_key = "{KEY}"\nrun = "rm -rf /"\n', "run is not a known key"),
        ('enrollment_key = "hfd_abcdefgh_' + "k" * 43 + '"\n', "does not look like hfe_"),
        (f'enrollment_key = "{KEY}"\nserver_url = "https://evil.example"\n', "without its ca_pem"),
        ('server_url = "https://farm.local"\n', "enrollment_key is missing"),
        (f'enrollment_key = "{KEY}"\nca_pem = "none"\n', "ca_pem holds no certificate"),
        (f'enrollment_key = "{KEY}"\n' + "#" * 8192, "larger than 8192 bytes"),
        (f'enrollment_key = ["{KEY}"]\n', "write a non-empty string"),
        ("\x00\x01\x02", "not valid TOML"),
    ],
)
def test_a_stick_that_says_anything_else_is_refused(roots: Roots, text: str, complaint: str):
    with pytest.raises(ConfigError, match=complaint):
        read_stick_file(stick(roots, text))


def test_the_complaint_about_a_mistyped_key_does_not_repeat_it(roots: Roots):
    with pytest.raises(ConfigError) as error:
        read_stick_file(stick(roots, 'enrollment_key = "hfe_almost_right"\n'))

    assert "almost" not in str(error.value)


def test_a_link_a_pipe_and_a_folder_on_a_stick_are_not_read(roots: Roots, tmp_path: Path):
    secret = tmp_path / "shadow"
    secret.write_text(f'enrollment_key = "{KEY}"\n')
    link, pipe, folder = (stick(roots, "", name) for name in ("link", "pipe", "folder"))
    for file in (link, pipe, folder):
        file.unlink()
    link.symlink_to(secret)
    os.mkfifo(pipe)
    folder.mkdir()

    sources = JoinSources(roots, tmp_path / "state")

    assert sources.find_key("https://farm.local") is None
    for file in (link, pipe, folder):
        with pytest.raises(ConfigError, match=r"regular file|cannot be read"):
            read_stick_file(file)


def test_hostile_sticks_do_not_keep_a_good_one_from_being_read(roots: Roots, tmp_path: Path):
    stick(roots, "not toml at all [", "sda1")
    stick(roots, f'enrollment_key = "{KEY}"\n', "sdb1")

    assert JoinSources(roots, tmp_path / "state").find_key("https://farm.local") == KEY


def test_a_pi_that_has_joined_looks_at_no_stick(roots: Roots, tmp_path: Path):
    state = tmp_path / "state"
    state.mkdir()
    roots.boot_file.write_text('server_url = "http://127.0.0.1:8050"\n')
    sources = JoinSources(roots, state)
    sources.note_joined("pi-1")
    stick(roots, f'enrollment_key = "{KEY}"\n')

    assert sources.find_key("http://127.0.0.1:8050") is None


def test_a_key_for_one_server_is_not_shown_to_another(roots: Roots, tmp_path: Path):
    roots.boot_file.write_text(f'server_url = "https://farm.local/"\nenrollment_key = "{KEY}"\n')
    sources = JoinSources(roots, tmp_path)

    assert sources.find_key("https://farm.local") == KEY
    assert sources.find_key("https://elsewhere.example") is None


def test_the_boot_partition_comes_before_a_stick(roots: Roots, tmp_path: Path):
    roots.boot_file.write_text(f'enrollment_key = "{KEY}"\n')
    stick(roots, f'enrollment_key = "{OTHER_KEY}"\n')

    assert JoinSources(roots, tmp_path).find_key("https://farm.local") == KEY


def test_plain_http_beyond_this_machine_is_refused_in_a_joining_file_too(roots: Roots):
    roots.boot_file.write_text(f'server_url = "http://farm.local"\nenrollment_key = "{KEY}"\n')
    config = roots.at("/etc/hydrofleet/pi.toml")
    config.parent.mkdir(parents=True)
    config.write_text('[probes]\nbus = "simulated"\n')

    with pytest.raises(ConfigError, match="anybody on that network could read the token"):
        load_agent_config(config, {}, roots=roots)

    roots.boot_file.write_text(f'server_url = "http://farm.local"\nallow_plain_http = true\nenrollment_key = "{KEY}"\n')
    server = load_agent_config(config, {}, roots=roots).server
    assert server is not None
    assert server.url == "http://farm.local"


def test_the_rewritten_file_has_ordinary_rights(roots: Roots):
    roots.boot_file.write_text(f'enrollment_key = "{KEY}"\n')

    remove_key(roots.boot_file)

    assert stat.S_IMODE(roots.boot_file.stat().st_mode) == 0o644
