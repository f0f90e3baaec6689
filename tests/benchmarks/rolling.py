"""Measure the calculations over long histories: ``python -m tests.benchmarks.rolling [--quick | --full]``.

Four statistics of 24 h over a year of minutes, beside pandas' own; a rolling mean of the whole fleet, beside
``groupby.rolling``; a month of the fleet derived again; all quality tests of half a million readings. Variants take
turns. Figures are processor time, because these calculations wait for nothing. Ends with one line of JSON.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd

from analytics.assess import assess
from analytics.quantities import Medium
from analytics.rolling import rolling_stats
from ingest_api.calibrations import Calibrations
from ingest_api.rederivation import derive_again
from tests.benchmarks.rederive import DEVICE, PIS, READINGS, START, history, versions

#: How often each variant runs, and the Pis of the fleet.
SIZES = {"quick": (2, 20), "default": (5, PIS), "full": (9, PIS)}
_YEAR = 365 * 1440
_FOUR = ("mean", "std", "low", "high")
MOST_MS, MOST_ASSESS_S = 100.0, 1.0


def main() -> None:
    name = _size_name()
    runs, pis = SIZES[name]
    year, fleet = _series(_YEAR), {f"pi-{one}": _series(READINGS, seed=one) for one in range(pis)}
    together = pd.concat(fleet, names=["device", "ts"]).reset_index("device", name="value")
    frame, again = _frame(500_000), history()
    found = _alternating(
        {
            "four statistics": lambda: rolling_stats(year, "24h", statistics=_FOUR),
            "pandas, four statistics": lambda: _pandas_four(year),
            "fleet": lambda: [rolling_stats(one, "24h", statistics=("mean",)) for one in fleet.values()],
            "groupby.rolling": lambda: together.groupby("device")["value"].rolling("24h").mean(),
            "rederive": lambda: derive_again(again, DEVICE, Calibrations.of(versions("step"))),
            "assess": lambda: assess(frame, Medium.NUTRIENT, interval_s=60),
        },
        runs,
    )
    figures = {
        "four_stats_1y_ms": round(1000 * found["four statistics"], 1),
        "fleet_mean_vs_groupby_rolling": round(found["groupby.rolling"] / found["fleet"], 1),
        "rederive_rows_per_s": round(READINGS / found["rederive"]),
        "assess_500k_s": round(found["assess"], 2),
    }
    limits = {
        "four_stats_1y_ms": MOST_MS,
        "pandas_four_stats_1y_ms": round(1000 * found["pandas, four statistics"], 1),
        "assess_500k_s": MOST_ASSESS_S,
        "load_of_the_machine": os.getloadavg()[0],
    }
    met = figures["four_stats_1y_ms"] <= MOST_MS and figures["assess_500k_s"] <= MOST_ASSESS_S
    for figure, value in figures.items():
        print(f"{figure:<32}{value:>14,.6g}")
    print(json.dumps({"bench": "rolling", "size": name, "figures": figures, "limits": limits, "met": met}))


def _series(size: int, seed: int = 0) -> pd.Series:
    random = np.random.default_rng(seed)
    index = pd.date_range(START, periods=size, freq="min", unit="ms")
    return pd.Series(6 + 0.2 * np.sin(np.arange(size) / 229) + random.normal(0, 0.01, size), index=index)


def _frame(size: int) -> pd.DataFrame:
    """A tank with millivolts, a spike now and then, failed reads and an hour of silence every few weeks."""
    random, day = np.random.default_rng(7), np.arange(size) / 1440
    index = pd.date_range(START, periods=size, freq="min", unit="ms")
    ec = 1500 - 150 * (day / 3 % 1.0) + random.normal(0, 2, size)
    ph = _series(size).to_numpy() + np.where(random.random(size) < 1e-4, 0.8, 0.0)
    water = np.round(16 * (22 + 2 * np.sin(2 * np.pi * day))) / 16
    ph[random.random(size) < 1e-3] = np.nan
    columns = {"ph": ph, "ec_us_cm": ec, "water_c": water, "ph_mv": 1500 - 171 * (ph - 7), "ec_mv": ec}
    return pd.DataFrame(columns, index=index)[np.arange(size) % 40_000 > 60]


def _pandas_four(values: pd.Series) -> pd.DataFrame:
    rolling = values.rolling("24h")
    return pd.DataFrame({"mean": rolling.mean(), "std": rolling.std(), "low": rolling.min(), "high": rolling.max()})


def _alternating(variants: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Give the median processor time of each, in seconds, after one run that does not count."""
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(runs + 1):
        for name, work in variants.items():
            began = time.process_time()
            work()
            if number:
                spent[name].append(time.process_time() - began)
                print(f"{name}: {1000 * spent[name][-1]:.0f} ms", flush=True)
    return {name: median(each) for name, each in spent.items()}


def _size_name() -> str:
    parser = argparse.ArgumentParser(prog="hydrofleet bench rolling", description="Measure long calculations.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="size", help="under a minute")
    choice.add_argument("--full", action="store_const", const="full", dest="size", help="the documented size")
    return str(parser.parse_args().size or "default")


if __name__ == "__main__":
    main()
