"""What a shared address of the Heatmap carries."""

from datetime import date

import pytest

from analytics.quantities import Quantity
from app.pages.heatmap.view import Group, Order, Range, Side, Size, View, Weight, view_at


def test_an_address_carries_every_choice():
    view = View(
        quantity=Quantity.EC,
        side=Side.ABOVE,
        weight=Weight.SEVERITY,
        size=Size.WEEK,
        range=Range.YEAR,
        order=Order.SITE,
        group=Group.ZONE,
        limits=(1200.0, 2400.0),
    )

    assert view.address() == (
        "?quantity=ec&range=1y&side=above&weight=severity&size=1w&order=site&group=zone&low=1200&high=2400"
    )
    assert view_at(view.address()) == view


def test_days_stand_in_the_address_instead_of_a_range():
    view = View(days=(date(2026, 11, 1), date(2026, 11, 3)))

    assert view.address() == "?quantity=ph&from=2026-11-01&to=2026-11-03"
    assert view_at(view.address()) == view


@pytest.mark.parametrize(
    "address",
    ["?quantity=salt&range=2y", "?low=7&high=6", "?low=nan&high=6", "?from=2026-11-03&to=2026-11-01", "?low=5"],
)
def test_what_makes_no_sense_falls_back_to_the_usual_view(address):
    assert view_at(address) == View()
