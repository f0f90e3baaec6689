import numpy as np
import pandas as pd
import pytest

from analytics.hour_runs import excursions_of_hours


def hours(below_s: list[float], *, above_s: list[float] | None = None) -> pd.DataFrame:
    """Hours of pH 5.45 where below, 6.65 where above and 6.05 elsewhere; the band is 5.5 to 6.5, bins are 0.1 wide."""
    above = above_s or [0.0] * len(below_s)
    bins = [54 if low else 66 if high else 60 for low, high in zip(below_s, above, strict=True)]
    return pd.DataFrame(
        {
            "below_s": below_s,
            "above_s": above,
            "min": [one / 10 + 0.05 for one in bins],
            "max": [one / 10 + 0.05 for one in bins],
            "hist": [
                np.array([one, low or high or 3600], np.int32)
                for one, low, high in zip(bins, below_s, above, strict=True)
            ],
            "low": 5.5,
            "high": 6.5,
        },
        index=pd.date_range("2026-04-01", periods=len(below_s), freq="h", tz="UTC"),
    )


def test_neighbouring_hours_are_one_excursion() -> None:
    runs = excursions_of_hours(hours([0, 1800, 3600, 0, 600, 0]), bin_width=0.1)

    assert runs["start_at"].dt.hour.tolist() == [1, 4]
    assert runs["end_at"].dt.hour.tolist() == [3, 5]
    assert runs["duration_s"].tolist() == [5400, 600]
    assert runs["count"].tolist() == [2, 1]
    assert runs["worst"].tolist() == pytest.approx([5.45, 5.45])


def test_the_area_takes_every_second_at_the_middle_of_its_bin() -> None:
    runs = excursions_of_hours(hours([0, 1800, 3600]), bin_width=0.1)

    # 0.05 below the limit for an hour and a half
    assert runs["area"].tolist() == pytest.approx([0.075])


def test_the_two_sides_are_told_apart_in_order_of_time() -> None:
    runs = excursions_of_hours(hours([0, 0, 900], above_s=[600, 0, 0]), bin_width=0.1)

    assert runs["side"].tolist() == ["high", "low"]
    assert runs["worst"].tolist() == pytest.approx([6.65, 5.45])


def test_a_missing_hour_ends_an_excursion() -> None:
    runs = excursions_of_hours(hours([3600, 3600, 3600]).drop(index=pd.Timestamp("2026-04-01T01Z")), bin_width=0.1)

    assert runs["duration_s"].tolist() == [3600, 3600]


def test_hours_inside_their_band_have_no_excursions() -> None:
    assert excursions_of_hours(hours([0, 0]), bin_width=0.1).empty
    assert excursions_of_hours(hours([]), bin_width=0.1).empty
