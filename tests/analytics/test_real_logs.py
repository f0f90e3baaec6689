"""The real sensor logs, and the numbers other people printed for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.assess import assess
from analytics.compensation import Compensation, check_compensation
from analytics.drift import correct_drift
from analytics.flags import Test, usable
from analytics.quantities import Medium, Quantity
from analytics.rolling import rolling_stats

RIVER_SITES = (
    "MS2017",
    "FB2017",
    "MainStreet2019",
    "TonyGrove2020",
    "WaterLab2020",
    "Mendon2020",
    "BlackSmithFork2020",
)
RiverLog = Callable[[str], pd.DataFrame]


def pond(folder: Path, name: str) -> pd.DataFrame:
    log = pd.read_csv(folder / "pond" / f"{name}.csv", parse_dates=["Date"], index_col="Date").tz_localize("UTC")
    return log.rename(columns={"Temperature": "water_c", "pH": "ph", "Turbidity": "turbidity"})


@pytest.mark.parametrize(
    ("name", "columns"), [("pond_30cm", ("temp", "ph", "turbidity")), ("pond_60cm", ("temp", "turbidity"))]
)
def test_a_window_over_the_whole_pond_log_gives_the_printed_summary(
    shared_data: Path, published: dict[str, Any], name: str, columns: tuple[str, ...]
) -> None:
    log = pond(shared_data, name).sort_index(kind="stable")
    for column in columns:
        printed = published[name][column]
        readings = log["water_c" if column == "temp" else column].set_axis(
            pd.date_range("2020-01-15", periods=len(log), freq="1min", tz="UTC")
        )

        last = rolling_stats(readings, "30D", quantiles=(0.25, 0.75)).iloc[-1]

        assert last["count"] == printed["count"]
        assert last["mean"] == pytest.approx(printed["mean"], abs=5e-7)
        assert last["std"] == pytest.approx(printed["std"], abs=5e-7)
        assert (last["low"], last["high"]) == (printed["min"], printed["max"])
        assert (last["q25"], last["median"], last["q75"]) == pytest.approx(
            (printed["p25"], printed["p50"], printed["p75"])
        )


@pytest.mark.parametrize("name", ["pond_30cm", "pond_60cm"])
def test_as_many_pond_rows_are_out_of_range_as_were_printed(
    shared_data: Path, published: dict[str, Any], name: str
) -> None:
    log = pond(shared_data, name)

    outside = (log["water_c"] < 16) | (log["water_c"] > 23) | (log["turbidity"] > 240)

    assert int(outside.sum()) == published[name]["out_of_range_rows"]["rows"]


@pytest.mark.parametrize(("kind", "column"), [("events_ph", "ph"), ("events_cond", "ec_us_cm")])
def test_the_drift_corrections_of_the_technicians_are_reproduced(
    river_log: RiverLog, published: dict[str, Any], kind: str, column: str
) -> None:
    log = river_log("MainStreet2019")
    theirs, qualifier = ("ph_cor", "ph_qual") if column == "ph" else ("cond_cor", "cond_qual")
    for event in published["lro_MainStreet2019_drift"][kind]:
        start, end = (pd.Timestamp(event[name], tz="Etc/GMT+7") for name in ("start", "end"))
        rows = (
            (log.index >= start)
            & (log.index <= end)
            & log[[column, theirs]].notna().all(axis=1)
            & log[qualifier].isna()
        )

        ours = correct_drift(log[column], start=start, end=end, gap=event["gap"])
        residual = (ours - log[theirs])[rows].abs()

        assert len(residual) == event["n"]
        if "max_abs_residual" in event:
            assert residual.max() <= event["max_abs_residual"]
        else:
            assert residual.quantile(0.95) <= event["p95_abs_residual"] * 1.0001


@pytest.mark.parametrize("name", RIVER_SITES)
def test_next_to_nothing_implausible_in_a_river_log_passes_for_good(river_log: RiverLog, name: str) -> None:
    log = river_log(name)
    log = log[~log.index.duplicated()].sort_index()

    result = assess(log, Medium.NATURAL, interval_s=900)

    for quantity, low, high in ((Quantity.PH, 6.0, 10.0), (Quantity.EC, 5.0, 5000.0), (Quantity.WATER, -2.0, 35.0)):
        good = result.loc[usable(result[f"{quantity}_flag"]), quantity]
        # A sonde that failed for four days in August 2019 wrote plausible numbers too, until its noise gave it away.
        assert good.between(low, high).mean() > 0.999
        assert len(good) > 0.95 * len(log)


def test_the_error_codes_of_main_street_are_counted(river_log: RiverLog) -> None:
    result = assess(river_log("MainStreet2019"), Medium.NATURAL, interval_s=900)

    impossible = (result["ec_us_cm_tests"].to_numpy() & Test.IMPOSSIBLE) > 0

    assert impossible.sum() == 253  # 252 times 7999 and once -0.98


def estuary(folder: Path) -> pd.DataFrame:
    log = pd.read_csv(
        folder / "nerrs" / "apacpwq_2012_2013.csv", parse_dates=["datetime_utc"], index_col="datetime_utc"
    )
    return log.rename(columns={"temp": "water_c"}).assign(ec_us_cm=log["spcond"] * 1000)


def test_what_the_estuary_station_calls_good_is_mostly_good_to_us(shared_data: Path) -> None:
    log = estuary(shared_data)

    result = assess(log, Medium.NATURAL, interval_s=900)

    for quantity, theirs in ((Quantity.PH, "f_ph"), (Quantity.EC, "f_spcond"), (Quantity.WATER, "f_temp")):
        good = log[theirs].str.startswith("<0>").to_numpy()
        assert usable(result[f"{quantity}_flag"])[good].mean() > 0.97


def test_the_absurd_values_of_the_estuary_station_are_all_found(shared_data: Path) -> None:
    log = estuary(shared_data)
    absurd = ((log["ph"] == 0) | (log["ph"] >= 14)).to_numpy()

    result = assess(log, Medium.NATURAL, interval_s=900)

    assert absurd.sum() > 1000
    assert set(result["ph_flag"][absurd]) == {4}
    assert result["ph"][absurd].isna().all()


@pytest.mark.parametrize("month", ["2017-08", "2017-10"])
def test_the_river_sonde_is_compensated_and_would_be_found_out_if_not(river_log: RiverLog, month: str) -> None:
    log = river_log("MS2017").loc[month]
    raw = log.assign(ec_us_cm=log["ec_us_cm"] * (1 + 0.02 * (log["water_c"] - 25)))

    assert check_compensation(log).verdict == Compensation.COMPENSATED
    assert check_compensation(raw).verdict == Compensation.UNCOMPENSATED


def test_the_rows_of_a_year_end_as_printed(river_log: RiverLog, published: dict[str, Any]) -> None:
    log, printed = river_log("MS2017"), published["lro_MS2017"]

    stats = rolling_stats(log["ec_us_cm"], "1h", min_count=1)

    assert len(stats) == printed["rows"]
    assert stats["high"].iloc[-1] >= printed["last_cond"] >= stats["low"].iloc[-1]
    np.testing.assert_allclose(log[["ph", "water_c"]].iloc[-1], [printed["last_ph"], printed["last_temp"]])
