"""Numbers that people type."""

import pytest
from flask import Flask

from app.i18n import init_languages
from app.typed_numbers import (
    NotWhole,
    UnclearNumber,
    read_count,
    read_number,
    read_signed_number,
    typed_text,
    unclear_text,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5.5", 5.5),
        ("5,5", 5.5),
        (" 6 ", 6.0),
        (",5", 0.5),
        ("6.", 6.0),
        ("1400", 1400.0),
        ("1 400", 1400.0),
        ("0,125", 0.125),
        ("1400,125", 1400.125),
        ("1,400.5", 1400.5),
        ("1.400,5", 1400.5),
        ("1.400.000", 1400000.0),
        ("", None),
        ("  ", None),
        (None, None),
        (5.5, 5.5),
    ],
)
def test_a_point_and_a_comma_are_both_read(text: object, number: float | None):
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "readings"), [("1,400", (1400, 1.4)), ("1.400", (1400, 1.4)), ("12,880", (12880, 12.88))]
)
def test_what_may_be_thousands_or_decimals_is_not_guessed(text: str, readings: tuple[float, float]):
    with pytest.raises(UnclearNumber) as refused:
        read_number(text)

    assert refused.value.readings == readings


@pytest.mark.parametrize("text", ["-5", "5.5.5", "5,5,5", "6,2.5.1", "abc", "5e3", "nan", "٥", -5.5, [5]])
def test_what_is_no_number_is_refused(text: object):
    with pytest.raises(UnclearNumber) as refused:
        read_number(text)

    assert refused.value.readings is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("-0,3", -0.3), ("−0.3", -0.3), ("+5,5", 5.5), (" - 85", -85.0), ("-1400,5", -1400.5), ("7", 7.0), ("", None)],
)
def test_a_sign_is_read_where_a_number_may_have_one(text: str, number: float | None):
    assert read_signed_number(text) == number


@pytest.mark.parametrize(
    ("text", "count"),
    [("10", 10), (" 7 ", 7), ("1 400", 1400), ("1.400", 1400), ("1,400", 1400), ("7,0", 7), (12, 12), ("", None)],
)
def test_a_count_is_read_with_or_without_marks_between_thousands(text: object, count: int | None):
    assert read_count(text) == count


@pytest.mark.parametrize("text", ["2,5", "2.5", "9" * 400])
def test_a_count_has_no_decimals_and_an_end(text: str):
    with pytest.raises(NotWhole):
        read_count(text)


def test_what_is_no_count_is_told_in_words():
    with pytest.raises(UnclearNumber) as half:
        read_count(" 2,5 ")
    with pytest.raises(UnclearNumber) as word:
        read_count("ten")

    assert unclear_text(half.value) == "2,5 is not a whole number."
    assert unclear_text(word.value) == "ten is not a number."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-1.400", "-1.400 may be two numbers: write -1400 or -1.4."),
        ("1,400", "1,400 may be two numbers: write 1400 or 1.4."),
        ("−", "− is not a number."),
        ("--5", "--5 is not a number."),
    ],
)
def test_what_is_unclear_is_said_with_its_sign(text: str, said: str):
    with pytest.raises(UnclearNumber) as refused:
        read_signed_number(text)

    assert unclear_text(refused.value) == said


@pytest.mark.parametrize(
    ("code", "value", "text"), [("en", 5.5, "5.5"), ("id", 5.5, "5,5"), ("en", 1400.0, "1400"), ("id", 6.0, "6")]
)
def test_a_field_shows_what_would_be_typed(code: str, value: float, text: str):
    server = Flask("app")
    init_languages(server, code)

    with server.test_request_context():
        assert typed_text(value) == text
        assert read_number(typed_text(value)) == value
