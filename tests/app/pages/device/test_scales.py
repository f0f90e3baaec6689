"""How far a panel's axis reaches."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.quantities import Quantity
from app.pages.device.bands import BandStep
from app.pages.device.channels import Channel
from app.pages.device.scales import Scale, scale_of


@pytest.fixture
def step(make: SimpleNamespace) -> BandStep:
    return BandStep(make.START, make.START + timedelta(days=1), 5.5, 6.5, "lettuce", "adult")


def channel(values: list[float], index: pd.DatetimeIndex, envelope: pd.DataFrame | None = None) -> Channel:
    flagged = pd.DataFrame({"value": [], "flag": [], "count": []})
    return Channel(pd.Series(values, index=index), None, envelope, flagged, 60.0)


def test_the_axis_lies_close_around_the_data(make: SimpleNamespace) -> None:
    scale = scale_of(channel([6.0, 7.0], make.minutes(2)), [], Quantity.PH)

    assert scale == Scale(5.94, 7.06)


def test_the_edges_of_a_near_band_are_in_sight(make: SimpleNamespace, step: BandStep) -> None:
    scale = scale_of(channel([5.7, 6.2], make.minutes(2)), [step], Quantity.PH)

    assert scale is not None
    assert scale.low < 5.5
    assert scale.high > 6.5


def test_a_far_band_does_not_flatten_the_data(make: SimpleNamespace, step: BandStep) -> None:
    scale = scale_of(channel([9.0, 9.5], make.minutes(2)), [step], Quantity.PH)

    assert scale is not None
    assert scale.low > 8.9


def test_a_still_value_is_not_blown_up(make: SimpleNamespace) -> None:
    scale = scale_of(channel([6.00, 6.01], make.minutes(2)), [], Quantity.PH)

    assert scale is not None
    assert scale.high - scale.low == pytest.approx(0.3 * 1.12)


def test_hours_reach_as_far_as_their_extremes(make: SimpleNamespace) -> None:
    extremes = pd.DataFrame({"low": [5.0, 6.0], "high": [6.0, 8.0]}, index=make.minutes(2))

    scale = scale_of(channel([6.0, 6.5], make.minutes(2), extremes), [], Quantity.PH)

    assert scale is not None
    assert (scale.low, scale.high) == pytest.approx((4.82, 8.18))


def test_without_values_the_band_is_in_sight(make: SimpleNamespace, step: BandStep) -> None:
    assert scale_of(channel([np.nan], make.minutes(1)), [step], Quantity.PH) == Scale(5.44, 6.56)


def test_without_values_and_band_nothing_is_claimed(make: SimpleNamespace) -> None:
    assert scale_of(channel([], make.minutes(0)), [], Quantity.PH) is None


def test_marks_beyond_the_axis_stand_just_inside_its_ends() -> None:
    clamped = Scale(0.0, 10.0).clamp(pd.Series([99.0, 5.0, -1.0, np.nan]))

    assert clamped.tolist() == pytest.approx([9.65, 5.0, 0.35, 0.35])
