import numpy as np
import pandas as pd
import pytest

from analytics.assess import Surroundings, assess
from analytics.flags import Test, unpack_flags, unpack_tests
from analytics.quantities import Medium, Quantity

RNG = np.random.default_rng(11)


def tank(count: int = 2000, step: str = "1min") -> pd.DataFrame:
    """A healthy tank with a live signal on every channel."""
    index = pd.date_range("2026-04-01", periods=count, freq=step, tz="UTC")
    day = np.sin(np.arange(count) / 1440 * 2 * np.pi)
    return pd.DataFrame(
        {
            "ph": 6.0 + 0.05 * day + RNG.normal(0, 0.005, count),
            "ec_us_cm": 1400 + 10 * day + RNG.normal(0, 1, count),
            "water_c": 22 + day + RNG.normal(0, 0.02, count),
            "ph_mv": 1677 + 9 * day + RNG.normal(0, 1, count),
            "ec_mv": 1734 + 9 * day + RNG.normal(0, 1, count),
        },
        index=index,
    )


def judged(frame: pd.DataFrame, **surroundings: object) -> pd.DataFrame:
    return assess(frame, Medium.NUTRIENT, interval_s=60, surroundings=Surroundings(**surroundings))


def test_a_healthy_tank_is_good_throughout() -> None:
    result = judged(tank())

    for quantity in Quantity:
        assert set(result[f"{quantity}_flag"]) == {1}
        assert set(result[f"{quantity}_tests"]) == {0}


def test_packed_columns_say_the_same_as_the_channels() -> None:
    frame = tank(10)
    frame.iloc[3, 0] = 99.0

    result = judged(frame)

    ph, ec, water = unpack_flags(result["quality"])
    assert ph.tolist() == result["ph_flag"].tolist()
    assert (ec.tolist(), water.tolist()) == ([1] * 10, [1] * 10)
    assert unpack_tests(result["tests"])[0].tolist() == result["ph_tests"].tolist()
    assert (result["quality"].dtype, result["tests"].dtype) == (np.int16, np.int64)


def test_an_impossible_value_is_nulled_and_its_neighbours_stay_good() -> None:
    frame = tank(100)
    frame.iloc[50, 0] = 15.2

    result = judged(frame)

    assert np.isnan(result["ph"].iloc[50])
    assert result["ph_flag"].tolist() == [1] * 50 + [4] + [1] * 49


def test_a_spike_keeps_its_value() -> None:
    frame = tank(100)
    frame.iloc[50, 0] = 7.0

    result = judged(frame)

    assert result["ph"].iloc[50] == 7.0
    assert (result["ph_flag"].iloc[50], result["ph_tests"].iloc[50]) == (4, Test.SPIKE)
    assert set(result["ph_flag"].drop(result.index[50])) == {1}


def test_failed_values_cast_no_doubt_on_the_readings_after_them() -> None:
    frame = tank(100)
    frame.iloc[50:52, 1] = 25_000.0

    result = judged(frame)

    assert result["ec_us_cm_flag"].tolist() == [1] * 50 + [4, 4] + [1] * 48
    assert result["ec_us_cm_tests"].iloc[50] == Test.GROSS_RANGE


def test_a_board_at_its_ceiling_makes_ec_suspect() -> None:
    frame = tank(100)
    frame.iloc[50, 4] = 2250.0

    assert judged(frame)["ec_us_cm_tests"].iloc[50] == Test.CEILING


def test_stuck_millivolts_are_found_though_the_value_still_moves_with_temperature() -> None:
    frame = tank(100)
    frame["ph_mv"] = 1677.0

    result = judged(frame)

    assert result["ph_flag"].tolist() == [1] * 30 + [3] * 70
    assert result["ph_tests"].iloc[-1] == Test.FLAT_LINE


def test_a_device_that_sends_finished_values_is_not_faulted_for_having_no_millivolts() -> None:
    result = judged(tank(100)[["ph", "ec_us_cm", "water_c"]])

    assert set(result["ph_flag"]) == {1}


def test_an_absent_channel_is_missing() -> None:
    result = judged(tank(10)[["ph"]])

    assert set(result["ec_us_cm_flag"]) == {9}
    assert set(result["ec_us_cm_tests"]) == {Test.MISSING}


@pytest.mark.parametrize("water", [85.0, np.nan])
def test_ec_compensated_without_a_good_temperature_is_suspect(water: float) -> None:
    frame = tank(100)
    frame.iloc[50, 2] = water

    result = judged(frame)

    assert (result["ec_us_cm_flag"].iloc[50], result["ec_us_cm_tests"].iloc[50]) == (3, Test.STALE_TEMPERATURE)
    assert result["ph_flag"].iloc[50] == 1


def test_a_probe_out_of_the_water_is_one_incident_in_both_channels() -> None:
    frame = tank(100)
    frame.iloc[50:, 1] = 4.0

    result = judged(frame)

    assert result["ph_tests"].iloc[60] & Test.DRY_PROBE
    assert result["ec_us_cm_tests"].iloc[60] & Test.DRY_PROBE


def test_soft_river_water_is_not_a_dry_probe() -> None:
    frame = tank(100)
    frame["ec_us_cm"] = 20.0 + RNG.normal(0, 1, 100)

    assert set(assess(frame, Medium.NATURAL, interval_s=60)["ph_flag"]) == {1}


def test_a_fast_change_is_suspect_unless_somebody_dosed() -> None:
    frame = tank(100)
    frame.iloc[50:, 1] += 300.0

    alone = judged(frame)
    dosed = judged(frame, near_event=np.arange(100) >= 50)

    assert alone["ec_us_cm_tests"].iloc[52] == Test.RATE_OF_CHANGE
    assert alone["ec_us_cm_flag"].iloc[52] == 3
    assert set(dosed["ec_us_cm_flag"]) == {1}


def test_a_gap_is_noted_without_blaming_the_value() -> None:
    frame = tank(10).drop(pd.Timestamp("2026-04-01T00:04Z") + pd.to_timedelta([0, 1, 2, 3], unit="min"))

    result = judged(frame)

    assert result["ph_tests"].tolist() == [0, 0, 0, 0, Test.GAP, 0]
    assert set(result["ph_flag"]) == {1}


def test_a_span_with_its_context_is_judged_as_in_the_whole_history() -> None:
    frame = tank(4000)
    frame.iloc[[2500, 2700], 0] = [6.5, 99.0]
    frame.iloc[2600:2700, 3] = 1677.0
    whole = judged(frame)

    span = frame.loc["2026-04-02T18:00Z":"2026-04-02T19:59Z"].index
    context = frame.loc[span[0] - pd.Timedelta("25h") : span[-1] + pd.Timedelta("3min")]

    pd.testing.assert_frame_equal(judged(context).loc[span], whole.loc[span])


def test_no_readings_are_no_fault() -> None:
    empty = assess(tank(1).iloc[:0], Medium.NUTRIENT, interval_s=60)

    assert empty.empty
    assert "quality" in empty.columns


def test_an_interval_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="interval_s"):
        assess(tank(1), Medium.NUTRIENT, interval_s=0)
