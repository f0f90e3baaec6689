"""Small, hand-made stretches of readings, and a source that answers with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.flags import pack_flags
from analytics.histogram import Histogram, add_histograms
from analytics.quantities import Quantity
from app.pages.device.channels import PREFIX
from app.pages.device.events.tank_event import TankEvent
from app.pages.device.period import Extent, Level, Period
from app.pages.device.source import CalibrationMark, Latest, Profile, Surroundings
from app.pages.fleet.status import Snapshot
from models.read.devices import DeviceRecord

START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # midnight of 23 November in Jakarta


def minutes(count: int, *, start: datetime = START) -> pd.DatetimeIndex:
    """Give ``count`` stamps, one a minute."""
    return pd.date_range(start, periods=count, freq="min", unit="ms", name="ts")


def readings(ph: list[float], *, flags: list[int] | None = None, index: pd.DatetimeIndex | None = None) -> pd.DataFrame:
    """Give readings with these pH values; EC is 1400 µS/cm and the water 22 °C throughout."""
    count = len(ph)
    good = np.ones(count, dtype=int)
    return pd.DataFrame(
        {
            "ph": np.array(ph, dtype=float),
            "ec_us_cm": 1400.0,
            "water_c": 22.0,
            "quality": pack_flags(np.array(flags) if flags else good, good, good),
        },
        index=minutes(count) if index is None else index,
    )


def bands(*rows: tuple[str, datetime, datetime, float, float]) -> pd.DataFrame:
    """Give bands as ``models.read.targets.bands_frame`` does: (quantity, start, end, low, high)."""
    table = pd.DataFrame(list(rows), columns=["quantity", "start", "end", "low", "high"])
    return table.assign(crop="lettuce", stage="adult", source="test")


def hours(rows: list[dict[str, object]], *, start: datetime = START) -> pd.DataFrame:
    """Give hours as the rollup table has them; what a row does not say is an hour of 60 readings of pH 6."""
    usual: dict[str, object] = {"n": 60, "n_suspect": 0, "n_fail": 0}
    for prefix, value, place in (("ph", 6.0, 60), ("ec", 1400.0, 28), ("water", 22.0, 44)):
        usual |= {f"{prefix}_n": 60, f"{prefix}_sum": 60 * value, f"{prefix}_sumsq": 60 * value * value}
        usual |= {f"{prefix}_{name}": value for name in ("min", "max", "first", "last")}
        usual |= {f"{prefix}_covered_s": 3600.0, f"{prefix}_below_s": 0.0, f"{prefix}_above_s": 0.0}
        usual |= {f"{prefix}_hist": np.array([place, 3600], dtype=np.int32)}
    index = pd.date_range(start, periods=len(rows), freq="h", unit="ms")
    return pd.DataFrame([usual | row for row in rows], index=index)


def record(name: str = "pi-52", **changes: object) -> DeviceRecord:
    """Give a device on a site in Jakarta that reads every minute."""
    known: dict[str, object] = {
        "id": 52,
        "name": name,
        "serial": None,
        "site": "Bogor",
        "site_time_zone": "Asia/Jakarta",
        "ppm_scale": 500,
        "zone": "A2",
        "status": "active",
        "medium": "nutrient",
        "has_history": False,
        "interval_s": 60,
        "created_at": START,
        "origin": "agent",
    }
    return DeviceRecord(**(known | changes))  # type: ignore[arg-type]


def snapshot(**changes: object) -> Snapshot:
    """Give what a device said last: pH 7.2 above its band, EC and water inside theirs."""
    row: dict[str, object] = {
        "origin": "agent",
        "interval_s": 60.0,
        "last_seen_at": datetime(2026, 11, 23, 0, 29, 48, tzinfo=UTC),
        "ts": datetime(2026, 11, 23, 0, 29, 40, tzinfo=UTC),
        "ph": 7.2,
        "ec_us_cm": 1400.0,
        "water_c": 22.0,
        "quality": 0x111,
        "skew_ms": 0,
        "config_damaged": False,
        "ph_low": 5.5,
        "ph_high": 6.5,
        "ec_low": 1000.0,
        "ec_high": 2400.0,
        "water_low": 18.0,
        "water_high": 26.0,
    }
    return Snapshot.from_row(row | changes)


@dataclass
class FakeDevices:
    """Answers like the database, from memory, and remembers which stretches it was asked for."""

    frame: pd.DataFrame = field(default_factory=lambda: readings([6.0] * 120))
    rollup_frame: pd.DataFrame = field(default_factory=lambda: hours([{}] * 48))
    band_frame: pd.DataFrame = field(default_factory=bands)
    device: DeviceRecord = field(default_factory=record)
    extent: Extent | None = field(
        default_factory=lambda: Extent(START, datetime(2026, 11, 22, 18, 59, tzinfo=UTC), 60.0)
    )
    last: Latest | None = field(default_factory=lambda: Latest(snapshot(), ("Lettuce", "Selada"), "adult"))
    asked: list[tuple[str, Period]] = field(default_factory=list)
    marks: list[CalibrationMark] = field(default_factory=list)
    told: list[TankEvent] = field(default_factory=list)

    def profile(self, name: str) -> Profile | None:
        return Profile(self.device, self.extent) if name == self.device.name else None

    def surroundings(self, name: str) -> Surroundings:
        return Surroundings(("pi-51", "pi-52", "pi-53"), "pi-51", "pi-53")

    def latest(self, name: str) -> Latest | None:
        return self.last

    def readings(self, device_id: int, period: Period) -> pd.DataFrame:
        self.asked.append(("readings", period))
        return self.frame[(self.frame.index >= period.start) & (self.frame.index < period.end)]

    def rollups(self, device_id: int, period: Period, level: Level) -> pd.DataFrame:
        self.asked.append((str(level), period))
        return self.rollup_frame[(self.rollup_frame.index >= period.start) & (self.rollup_frame.index < period.end)]

    def value_seconds(
        self, device_id: int, period: Period, level: Level, rollups: pd.DataFrame
    ) -> Mapping[Quantity, Histogram]:
        shown = rollups[(rollups.index >= period.start) & (rollups.index < period.end)]
        return {quantity: add_histograms(list(shown[f"{prefix}_hist"])) for quantity, prefix in PREFIX.items()}

    def bands(self, device_id: int, period: Period) -> pd.DataFrame:
        return self.band_frame

    def calibrations(self, device_id: int, period: Period) -> list[CalibrationMark]:
        return self.marks

    def events(self, device_id: int, period: Period) -> list[TankEvent]:
        return [one for one in self.told if one.started_at < period.end and one.ended_at >= period.start]

    def is_corrected(self, device_id: int) -> bool:
        return False

    @contextmanager
    def together(self) -> Iterator["FakeDevices"]:
        yield self

    def measured(self) -> "FakeDevices":
        return replace(self, frame=self.frame.assign(ph=self.frame["ph"] + 0.5))


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers of this file, for tests: a folder without packages cannot import them."""
    makers = (minutes, readings, bands, hours, record, snapshot, FakeDevices)
    return SimpleNamespace(START=START, **{maker.__name__: maker for maker in makers})


@pytest.fixture
def source() -> FakeDevices:
    """Two hours of pi-52, a reading a minute."""
    return FakeDevices()
