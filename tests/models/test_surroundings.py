"""Where somebody who comes without settings finds a fleet."""

from pathlib import Path

import pytest

from models.surroundings import ADDRESS_VARIABLES, analyst_address, choose_data_dir


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An account without any setting; gives where its data directories would be."""
    for name in ADDRESS_VARIABLES:
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "hydrofleet"


def test_without_any_database_there_is_none(folders: Path):
    assert choose_data_dir(None) is None


def test_the_demo_is_taken_where_there_is_no_server(folders: Path):
    (folders / "demo").mkdir(parents=True)

    assert choose_data_dir(None) == str(folders / "demo")


def test_the_server_comes_before_the_demo(folders: Path):
    (folders / "demo").mkdir(parents=True)
    (folders / "server").mkdir()

    assert choose_data_dir(None) == str(folders / "server")
    assert analyst_address() == str(folders / "server")


def test_an_address_that_is_set_is_left_alone(folders: Path, monkeypatch: pytest.MonkeyPatch):
    (folders / "server").mkdir(parents=True)
    monkeypatch.setenv("HYDROFLEET_DATABASE_URL", "postgresql://farm/fleet")

    assert choose_data_dir(None) == "postgresql://farm/fleet"


def test_a_folder_that_is_given_is_taken(folders: Path):
    (folders / "server").mkdir(parents=True)

    assert choose_data_dir(folders / "old") == str(folders / "old")
