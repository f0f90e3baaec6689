import hashlib
import re

import pytest

from models.clocks import Clock
from models.tokens import TokenKind, make_token, parse_token, same_digest


@pytest.mark.parametrize(("kind", "prefix"), [("DEVICE", "hfd"), ("ENROLLMENT", "hfe"), ("READ", "hfr")])
def test_a_token_says_its_kind_then_its_name_then_43_secret_characters(kind: str, prefix: str):
    token = make_token(TokenKind[kind])

    assert re.fullmatch(prefix + r"_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", token.text)
    assert token.id == token.text[4:12]


def test_a_token_is_found_and_compared_again():
    token = make_token(TokenKind.DEVICE)

    parsed = parse_token(token.text, TokenKind.DEVICE)

    assert parsed is not None
    assert parsed.id == token.id
    assert same_digest(parsed.digest, token.digest)


def test_the_digest_is_the_sha_256_of_the_whole_text():
    token = make_token(TokenKind.READ)

    assert token.digest == hashlib.sha256(token.text.encode()).digest()


def test_another_secret_is_not_the_same():
    first, second = make_token(TokenKind.DEVICE), make_token(TokenKind.DEVICE)

    assert not same_digest(first.digest, second.digest)


def test_a_token_of_another_kind_is_no_token():
    assert parse_token(make_token(TokenKind.ENROLLMENT).text, TokenKind.DEVICE) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "\n",
        lambda text: text.replace("_", "-", 1),
        lambda text: text[:-1] + "é",
        lambda text: text[:-1] + "\x00",
    ],
)
def test_a_damaged_token_is_no_token(change):
    assert parse_token(change(make_token(TokenKind.DEVICE).text), TokenKind.DEVICE) is None


def test_a_token_does_not_print_its_secret():
    token = make_token(TokenKind.DEVICE)

    assert token.text not in repr(token)


def test_the_state_of_a_clock_is_a_word_outside_and_a_number_inside():
    assert [(clock.label, int(clock)) for clock in Clock] == [
        ("unknown", 0),
        ("synced", 1),
        ("corrected", 2),
        ("estimated", 3),
    ]
    assert Clock.from_label("corrected") is Clock.CORRECTED


def test_an_unknown_state_of_a_clock_is_refused():
    with pytest.raises(ValueError, match="'sundial'"):
        Clock.from_label("sundial")
