import math

import pandas as pd
import pytest

from analytics.probe_health import probe_health


def calibrations(*rows: tuple[str, float, float]) -> pd.DataFrame:
    days, slopes, offsets = zip(*rows, strict=True)
    return pd.DataFrame({"slope_percent": slopes, "offset_mv": offsets}, index=pd.DatetimeIndex(days, tz="UTC"))


def test_a_falling_slope_says_when_to_replace() -> None:
    # 1 % every 10 days, 96 % at the last calibration: 85 % is 110 days away
    health = probe_health(
        calibrations(
            ("2026-01-01", 99.0, 5.0), ("2026-01-11", 98.0, 5.0), ("2026-01-21", 97.0, 5.0), ("2026-01-31", 96.0, 5.0)
        )
    )

    assert health.slope_change == pytest.approx(-3.0)
    assert health.replace_by == pd.Timestamp("2026-05-21T00:00Z")
    assert health.reason == "slope falls to 85 %"


def test_a_creeping_offset_may_come_first() -> None:
    health = probe_health(
        calibrations(("2026-01-01", 99.0, -20.0), ("2026-01-11", 99.0, -30.0), ("2026-01-21", 99.0, -40.0))
    )

    assert health.replace_by == pd.Timestamp("2026-02-10T00:00Z")
    assert health.reason == "offset reaches -60 mV"


def test_a_worn_electrode_is_due_now() -> None:
    health = probe_health(calibrations(("2026-01-01T09:30", 84.0, 5.0)))

    assert health.replace_by == pd.Timestamp("2026-01-01T00:00Z")
    assert health.reason == "worn out: slope 84 %, offset +5 mV"


@pytest.mark.parametrize(
    "rows",
    [
        [("2026-01-01", 99.0, 5.0)],
        [("2026-01-01", 99.0, 5.0), ("2026-02-01", 96.0, 5.0)],
        [("2026-01-01", 99.0, 5.0), ("2026-01-02", 98.0, 5.0), ("2026-01-03", 97.0, 5.0)],
    ],
)
def test_too_few_calibrations_say_nothing_about_the_future(rows: list[tuple[str, float, float]]) -> None:
    health = probe_health(calibrations(*rows))

    assert health.replace_by is None
    assert "three calibrations" in health.reason


def test_a_steady_electrode_has_no_date() -> None:
    health = probe_health(calibrations(("2026-01-01", 98.0, 5.0), ("2026-02-01", 98.0, 5.0), ("2026-03-01", 98.0, 5.0)))

    assert health.replace_by is None
    assert health.reason == "no wear to speak of"


def test_two_calibrations_have_no_rate_of_change() -> None:
    assert math.isnan(probe_health(calibrations(("2026-01-01", 98.0, 5.0), ("2026-02-01", 97.0, 5.0))).slope_change)


def test_no_calibration_is_refused() -> None:
    with pytest.raises(ValueError, match="calibrate it first"):
        probe_health(calibrations(("2026-01-01", 98.0, 5.0)).iloc[:0])
