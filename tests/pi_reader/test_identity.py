"""Serial number, token, and files that survive a power cut."""

from pathlib import Path

import pytest

from pi_reader.identity import (
    TokenError,
    boot_id,
    is_token,
    new_token,
    read_token,
    serial_number,
    token_id,
    write_atomically,
    write_token,
)


def test_new_tokens_have_the_agreed_form_and_differ() -> None:
    first, second = new_token(), new_token()

    assert is_token(first)
    assert len(first) == 4 + 8 + 1 + 43
    assert first != second


@pytest.mark.parametrize(
    "text", ["", "hfd_", "hfe_0a1b2c3d_" + "x" * 43, "hfd_0a1b2c3d_" + "x" * 42, "hfd_0a1b2c3d_x y"]
)
def test_anything_else_is_no_token(text: str) -> None:
    assert not is_token(text)


def test_only_the_public_part_of_a_token_is_for_logs() -> None:
    assert token_id("hfd_0a1b2c3d_" + "x" * 43) == "hfd_0a1b2c3d"


def test_token_is_written_for_its_owner_only(tmp_path: Path) -> None:
    token = new_token()

    write_token(tmp_path / "token", token)

    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert read_token(tmp_path / "token") == token


def test_file_mode_that_lets_others_read_is_tightened(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(new_token())
    file.chmod(0o644)

    read_token(file)

    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"hfd_cut", b"\xff\xfe\x00", b"\x00" * 60])
def test_damaged_token_is_named_not_used(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)

    with pytest.raises(TokenError, match=str(file)):
        read_token(file)


def test_missing_token_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match=r"put hydrofleet\.toml with an enrollment key"):
        read_token(tmp_path / "token")


def test_wrong_token_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a device token"):
        write_token(tmp_path / "token", "nonsense")

    assert list(tmp_path.iterdir()) == []


def test_failed_replacement_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()

    with pytest.raises(IsADirectoryError):
        write_atomically(target, b"x")

    assert list(tmp_path.iterdir()) == [target]


def test_serial_comes_from_the_device_tree(tmp_path: Path) -> None:
    (tmp_path / "dt").write_bytes(b"10000000ABCDEF12\x00")

    assert serial_number(tmp_path / "dt", tmp_path / "none") == "10000000abcdef12"


def test_serial_falls_back_to_the_processor_list(tmp_path: Path) -> None:
    (tmp_path / "cpu").write_text("Hardware\t: BCM2835\nSerial\t\t: 10000000abcdef12\nModel\t\t: Pi 4\n")

    assert serial_number(tmp_path / "none", tmp_path / "cpu") == "10000000abcdef12"


@pytest.mark.parametrize("serial", ["0000000000000000", "", "not-hex!", "abc"])
def test_meaningless_serial_is_none(serial: str, tmp_path: Path) -> None:
    (tmp_path / "dt").write_text(serial)

    assert serial_number(tmp_path / "dt", tmp_path / "none") is None


def test_boot_has_an_id_even_without_a_kernel_file(tmp_path: Path) -> None:
    assert boot_id(tmp_path / "none") != boot_id(tmp_path / "none")
    assert boot_id() == boot_id()
