"""What an administrator types about a key that should be made."""

from datetime import timedelta

import pytest

from app.joining.errors import JoiningRefused
from app.joining.keys import KeyWish
from app.pages.join.answers import error_text, read_wish
from app.typed_numbers import NotWhole


def test_a_wish_is_read_as_typed():
    assert read_wish("1.000", " 7 ", "Lembang") == KeyWish(1000, timedelta(days=7), "Lembang")


def test_half_a_pi_is_told_in_words():
    with pytest.raises(NotWhole) as refused:
        read_wish("2,5", "7")

    assert error_text(refused.value) == "2,5 is not a whole number."


@pytest.mark.parametrize(("uses", "days"), [("", "7"), ("10", ""), (None, None)])
def test_both_numbers_are_asked_for(uses: str | None, days: str | None):
    with pytest.raises(JoiningRefused, match="for how many Pis"):
        read_wish(uses, days)


def test_more_days_than_a_calendar_has_are_no_accident():
    assert read_wish("10", "999999999999").life == timedelta.max.days * timedelta(days=1)
