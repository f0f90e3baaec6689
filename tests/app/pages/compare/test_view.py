"""The choices, as the address carries them."""

from datetime import date

import pytest

from analytics.quantities import Quantity
from app.pages.compare.view import Align, Between, Shape, Spread, View, names_in, view_at
from app.pages.device.view import Range

ELSEWHERE = View(
    devices=("pi-1", "gh-7"),
    quantity=Quantity.EC,
    range=Range.MONTH,
    days=(date(2026, 11, 1), date(2026, 11, 3)),
    zoom=(1000, 2000),
    align=Align.TRANSPLANT,
    shape=Shape.COHORT,
    spread=Spread.MOST,
    over=("gh-7",),
    between=Between.WITHIN,
    one="pi-1",
)


@pytest.mark.parametrize("view", [View(), View(devices=("pi-1",)), ELSEWHERE])
def test_a_view_survives_its_address(view):
    again = view_at(view.address())

    # Ready-made ranges are not written while days are chosen.
    assert (again == view) if view.days is None else (again.address() == view.address())


def test_an_address_that_makes_no_sense_is_the_usual_view():
    assert view_at("?quantity=salt&range=9y&shape=cube&align=x&spread=2&between=&zoom=9-1&from=x&to=y") == View()


def test_names_may_be_ranges_and_what_is_none_stays_to_be_told():
    assert names_in("pi-1..3, pi-2,gh_7 ") == ("pi-1", "pi-2", "pi-3", "gh_7")
