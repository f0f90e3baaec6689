"""Hashing and checking passwords."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.passwords import TooManyChecks, UnusablePassword, _slots, hash_password, password_matches


@pytest.fixture(scope="module")
def stored() -> str:
    return hash_password("correct horse battery")


def test_the_hash_is_argon2id_and_holds_no_password(stored: str):
    assert stored.startswith("$argon2id$")
    assert "correct" not in stored


def test_only_the_right_password_matches(stored: str):
    assert password_matches(stored, "correct horse battery")
    assert not password_matches(stored, "correct horse batterz")
    assert not password_matches(stored, "")


def test_nobody_has_no_password():
    assert not password_matches(None, "the password of nobody at all")
    assert not password_matches(None, "")


def test_a_damaged_hash_matches_nothing():
    assert not password_matches("$argon2id$broken", "correct horse battery")


@pytest.mark.parametrize("length", [0, 11, 257])
def test_a_password_of_unusable_length_is_refused_with_its_length(length: int):
    with pytest.raises(UnusablePassword, match=f"has {length} characters; choose 12 to 256"):
        hash_password("x" * length)


@pytest.mark.parametrize("length", [12, 256])
def test_passwords_at_the_limits_are_taken(length: int):
    assert password_matches(hash_password("x" * length), "x" * length)


def test_a_password_beyond_the_longest_never_matches_its_own_beginning():
    assert not password_matches(hash_password("x" * 256), "x" * 257)


def test_a_third_check_at_the_same_time_is_turned_away(stored: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.passwords._WAIT_S", 0.0)

    with _slots, _slots, pytest.raises(TooManyChecks):
        password_matches(stored, "correct horse battery")

    assert password_matches(stored, "correct horse battery")


def test_every_turn_is_given_back(stored: str):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda given: password_matches(stored, given), ["wrong password!"] * 6))

    assert answers == [False] * 6
