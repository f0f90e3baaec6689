"""For how much of the time tanks were in range."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from app.pages.fleet.source import DatabaseFleet, shares_inside
from models.db import session_scope
from models.write.devices import register_device


def seconds(**given: list[float]) -> pd.DataFrame:
    names = [
        f"{prefix}_{part}_{span}"
        for span in ("short", "long")
        for prefix in ("ph", "ec", "water")
        for part in ("covered", "outside")
    ]
    count = len(next(iter(given.values())))
    blank = {name: [0.0] * count for name in names}
    return pd.DataFrame({**blank, **given}, index=pd.Index(range(1, count + 1), name="device_id"))


def test_the_worst_quantity_counts() -> None:
    found = shares_inside(
        seconds(
            ph_covered_short=[86_400.0], ph_outside_short=[8_640.0],
            ec_covered_short=[43_200.0], ec_outside_short=[21_600.0],
            ph_covered_long=[604_800.0], ph_outside_long=[0.0],
        )
    )  # fmt: skip

    assert found.loc[1].to_dict() == {"inside_day": 0.5, "inside_week": 1.0}


def test_what_was_not_measured_has_no_share() -> None:
    assert shares_inside(seconds(ph_covered_short=[0.0])).isna().all(axis=None)


def test_a_new_tank_has_no_share_yet(engine: Engine, now: datetime) -> None:
    with session_scope(engine) as session:
        register_device(session, "pi-1", now=now - timedelta(days=1))

    (row,) = DatabaseFleet(engine).devices(now).to_dict("records")

    assert np.isnan(row["inside_day"])
    assert np.isnan(row["inside_week"])
