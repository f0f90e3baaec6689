"""Fixtures of the analytics tests: the real sensor logs, where they are at hand."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

_PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real logs; tests that need it are skipped, saying so, where it is absent."""
    folder = Path(os.environ.get("HYDROFLEET_SHARED_DATA", _PROJECT.parent / "shared" / "data"))
    if not (folder / "published_numbers.json").is_file():
        pytest.skip(f"no real sensor logs in {folder}; set HYDROFLEET_SHARED_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def published(shared_data: Path) -> dict[str, Any]:
    """Numbers that other people printed for these logs."""
    return json.loads((shared_data / "published_numbers.json").read_text())


@pytest.fixture(scope="session")
def river_log(shared_data: Path) -> Callable[[str], pd.DataFrame]:
    """Read one log of the Logan River Observatory; its clock stands at UTC-7 all year."""

    def read(name: str) -> pd.DataFrame:
        log = pd.read_csv(shared_data / "lro" / f"{name}.csv", na_values="NULL")
        log.index = pd.DatetimeIndex(pd.to_datetime(log.pop("datetime"), format="ISO8601")).tz_localize("Etc/GMT+7")
        return log.rename(columns={"temp": "water_c", "cond": "ec_us_cm"})

    return read
