"""The slider of the "what if" stands on the edges of bins, in every unit."""

import pytest

from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.pages.heatmap.band import band_at, slider, snapped


@pytest.mark.parametrize(
    ("unit", "value", "step"),
    [
        (ConductivityUnit.US_CM, [1000, 2400], 50),
        (ConductivityUnit.PPM_500, [500, 1200], 25),
        (ConductivityUnit.PPM_640, [640, 1536], 32),
        (ConductivityUnit.PPM_700, [700, 1680], 35),
        (ConductivityUnit.MS_CM, [1, 2.4], 0.05),
    ],
)
def test_a_step_is_one_bin_in_every_unit_and_comes_back_unchanged(unit, value, step):
    shown = slider((1000.0, 2400.0), Quantity.EC, unit)

    assert (shown["value"], shown["step"]) == (value, step)
    assert band_at(shown["value"], Quantity.EC, unit) == (1000.0, 2400.0)


def test_a_band_is_moved_to_the_nearest_bins_within_reach():
    assert snapped((5.53, 6.46), Quantity.PH) == (5.5, 6.5)
    assert snapped((-3.0, 99.0), Quantity.WATER) == (5.0, 40.0)
    assert snapped((6.01, 6.02), Quantity.PH) == (6.0, 6.1)
    assert snapped((50.0, 60.0), Quantity.PH) == (9.9, 10.0)
