import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.units import (
    PpmScale,
    cf_from_ec,
    ec_from_cf,
    ec_from_ms_cm,
    ec_from_ppm,
    ms_cm_from_ec,
    ppm_from_ec,
)


@pytest.mark.parametrize(("scale", "ppm"), [(500, 700.0), (640, 896.0), (700, 980.0)])
def test_the_same_water_is_a_different_ppm_on_every_scale(scale: int, ppm: float) -> None:
    assert ppm_from_ec(1400.0, PpmScale(scale)) == pytest.approx(ppm, rel=1e-12)


def test_the_usual_standard_solution_is_707_ppm_on_the_500_scale() -> None:
    assert ppm_from_ec(1413.0, PpmScale.NACL_500) == 706.5  # printed as 707 on the bottle


def test_one_ms_per_cm_is_ten_cf() -> None:
    assert cf_from_ec(1000.0) == 10.0
    assert ec_from_cf(24.0) == 2400.0


def test_ms_per_cm_is_a_thousand_us_per_cm() -> None:
    assert ms_cm_from_ec(1413.0) == 1.413
    assert ec_from_ms_cm(12.88) == 12880.0


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="650"):
        PpmScale(650)


def test_missing_stays_missing() -> None:
    assert np.isnan(ppm_from_ec(np.array([np.nan]), PpmScale.KCL_700)).all()


@given(st.floats(0, 100_000), st.sampled_from(PpmScale))
def test_ppm_and_back_is_the_same_ec(ec: float, scale: PpmScale) -> None:
    assert ec_from_ppm(ppm_from_ec(ec, scale), scale) == pytest.approx(ec, rel=1e-12)
