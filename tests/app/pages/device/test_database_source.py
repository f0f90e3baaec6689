"""The page's questions and its file, answered by a real PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from analytics.flags import pack_flags
from app.pages.device.period import Extent, Level, Period
from app.pages.device.source import DatabaseDevices
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.rows import ReadingRows
from models.write.devices import ensure_site, plant, register_device, retire_device
from models.write.readings import store_readings

#: Midnight of 22 November in Jakarta.
FIRST = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
FIRST_MS = 1_795_280_400_000


@pytest.fixture
def register(engine: Engine) -> Callable[..., DeviceRecord]:
    """Register a device on a site in Jakarta."""

    def register_one(name: str, **options: object) -> DeviceRecord:
        with session_scope(engine) as session:
            ensure_site(session, "Bogor", time_zone="Asia/Jakarta", ppm_scale=500)
            given = {"site": "Bogor", "zone": "A2", "now": FIRST - timedelta(days=30), **options}
            return register_device(session, name, **given)  # type: ignore[arg-type]

    return register_one


@pytest.fixture
def store(engine: Engine, now: datetime) -> Callable[..., None]:
    """Store readings of one device, a minute apart, pH as given; EC 1400 µS/cm, water 22 °C."""

    def store_minutes(device: DeviceRecord, ph: list[float], flags: list[int] | None = None) -> None:
        count = len(ph)
        good = np.ones(count, dtype=int)
        rows = ReadingRows.of(
            np.full(count, device.id),
            FIRST_MS + 60_000 * np.arange(count),
            ph=np.array(ph),
            ph_sent=np.array(ph),
            ec_us_cm=np.full(count, 1400.0),
            ec_sent=np.full(count, 1400.0),
            water_c=np.full(count, 22.0),
            quality=pack_flags(np.array(flags) if flags else good, good, good),
        )
        with session_scope(engine) as session:
            store_readings(session, rows, now=now)

    return store_minutes


@pytest.fixture
def devices(engine: Engine, now: datetime) -> DatabaseDevices:
    return DatabaseDevices(engine, lambda: now)


def test_a_profile_knows_from_when_to_when_there_are_readings(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    store(register("pi-52"), [6.0, 6.1, 6.2])

    profile = devices.profile("pi-52")

    assert profile is not None
    assert profile.extent == Extent(FIRST, FIRST + timedelta(minutes=2), 60)


def test_a_device_without_readings_has_no_extent(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord]
) -> None:
    register("pi-52")

    profile = devices.profile("pi-52")

    assert profile is not None
    assert profile.extent is None


def test_an_unknown_device_has_no_profile(devices: DatabaseDevices) -> None:
    assert devices.profile("pi-52") is None


def test_neighbours_come_in_natural_order_without_retired_devices(
    engine: Engine, devices: DatabaseDevices, register: Callable[..., DeviceRecord], now: datetime
) -> None:
    for name in ("pi-10", "pi-2", "pi-1", "pi-3"):
        register(name)
    with session_scope(engine) as session:
        retire_device(session, "pi-3", now=now)

    around = devices.surroundings("pi-2")

    assert (around.names, around.previous, around.next) == (("pi-1", "pi-2", "pi-10"), "pi-1", "pi-10")


def test_the_latest_is_the_newest_reading_with_crop_and_band(
    engine: Engine,
    devices: DatabaseDevices,
    register: Callable[..., DeviceRecord],
    store: Callable[..., None],
    now: datetime,
) -> None:
    device = register("pi-52")
    store(device, [6.0, 6.4])
    with session_scope(engine) as session:
        plant(session, device.id, "lettuce", started_at=now - timedelta(days=25))

    latest = devices.latest("pi-52")

    assert latest is not None
    assert (latest.crop, latest.stage) == (("Lettuce", "Selada"), "adult")
    assert latest.snapshot.measured_at == FIRST + timedelta(minutes=1)
    assert [(channel.value, channel.low, channel.high) for channel in latest.snapshot.channels.values()] == [
        (6.4, 6.0, 7.0),
        (1400.0, 1200.0, 1800.0),
        (22.0, 18.0, 22.0),
    ]


def test_readings_are_those_of_the_half_open_period(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    device = register("pi-52")
    store(device, [6.0, 6.1, 6.2, 6.3])

    frame = devices.readings(device.id, Period(FIRST + timedelta(minutes=1), FIRST + timedelta(minutes=3)))

    assert frame["ph"].tolist() == [6.1, 6.2]


@pytest.mark.parametrize("level", [Level.HOURS, Level.DAYS])
def test_rollups_are_current_without_waiting_for_the_background_job(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord], store: Callable[..., None], level: Level
) -> None:
    device = register("pi-52")
    store(device, [6.0, 6.1, 6.2])

    frame = devices.rollups(device.id, Period(FIRST.replace(hour=0), FIRST + timedelta(hours=2)), level)

    assert frame["ph_n"].tolist() == [3]
    assert frame["ph_sum"].tolist() == pytest.approx([18.3])
    assert frame.index[0] == (FIRST if level is Level.HOURS else FIRST.replace(hour=0))


def test_the_day_in_which_a_period_ends_belongs_to_it(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    device = register("pi-52")
    store(device, [6.0] * 600)  # from 17:00 UTC until 03:00 of the next day

    frame = devices.rollups(device.id, Period(FIRST.replace(hour=0), FIRST + timedelta(hours=9)), Level.DAYS)

    assert frame["n"].tolist() == [420, 180]


def test_bands_cover_the_period(
    devices: DatabaseDevices, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    device = register("pi-52")

    frame = devices.bands(device.id, Period(FIRST, FIRST + timedelta(hours=1)))

    assert sorted(zip(frame["quantity"], frame["low"], frame["high"], strict=True)) == [
        ("ec_us_cm", 1000.0, 2400.0),
        ("ph", 5.5, 6.5),
        ("water_c", 18.0, 26.0),
    ]


def test_the_file_holds_exactly_the_readings_of_the_period(
    viewer: FlaskClient, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    store(register("pi-52"), [6.0, 6.1, np.nan, 6.3], flags=[1, 3, 9, 1])

    answer = viewer.get(
        "/devices/pi-52/shown.csv",
        query_string={
            "from": "2026-11-21T17:01:00.000Z",
            "to": "2026-11-21T17:04:00.000Z",
            "resolution": "readings",
            "unit": "ppm500",
            "tz": "Asia/Jakarta",
        },
    )

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pi-52_2026-11-22_2026-11-22.csv"'
    assert answer.text == (
        "time_local,time_utc,ph,tds_ppm_500,water_c,ph_flag,ec_flag,water_flag\r\n"
        "2026-11-22T00:01:00.000+07:00,2026-11-21T17:01:00.000Z,6.1,700,22.0,3,1,1\r\n"
        "2026-11-22T00:02:00.000+07:00,2026-11-21T17:02:00.000Z,,700,22.0,9,1,1\r\n"
        "2026-11-22T00:03:00.000+07:00,2026-11-21T17:03:00.000Z,6.3,700,22.0,1,1,1\r\n"
    )


def test_the_file_of_hours_holds_the_hours(
    viewer: FlaskClient, register: Callable[..., DeviceRecord], store: Callable[..., None]
) -> None:
    store(register("pi-52"), [6.0, 6.5])

    answer = viewer.get(
        "/devices/pi-52/shown.csv?from=2026-11-21T17:00:00Z&to=2026-11-21T19:00:00Z&resolution=hours&unit=us-cm&tz=UTC"
    )

    assert answer.text.splitlines()[1:] == [
        "2026-11-21T17:00:00.000+00:00,2026-11-21T17:00:00.000Z,2,"
        "6.25,6.0,6.5,1400.0,1400.0,1400.0,22.0,22.0,22.0,2,2,2"
    ]


def test_a_period_without_readings_gives_a_file_with_its_head(
    viewer: FlaskClient, register: Callable[..., DeviceRecord]
) -> None:
    register("pi-52")

    answer = viewer.get("/devices/pi-52/shown.csv?from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z")

    assert answer.text == "time_local,time_utc,ph,ec_us_cm,water_c,ph_flag,ec_flag,water_flag\r\n"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("from=yesterday&to=2026-11-22T17:00:00Z", 400, "yesterday"),
        ("from=2026-11-21T17:00:00&to=2026-11-22T17:00:00Z", 400, "has no offset"),
        ("from=2026-11-22T17:00:00Z&to=2026-11-21T17:00:00Z", 400, "must be before"),
        ("from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z&unit=drops", 400, "drops"),
        ("from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z&resolution=weeks", 400, "weeks"),
        ("from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z&tz=../etc/passwd", 400, "is not a time zone"),
        ("from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z&tz=Moon/Crater", 400, "is not a time zone"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_words(
    viewer: FlaskClient, register: Callable[..., DeviceRecord], query: str, status: int, words: str
) -> None:
    register("pi-52")

    answer = viewer.get(f"/devices/pi-52/shown.csv?{query}")

    assert answer.status_code == status
    assert words in answer.text


def test_the_file_of_an_unknown_device_is_not_found(viewer: FlaskClient) -> None:
    answer = viewer.get("/devices/pi-52/shown.csv?from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z")

    assert answer.status_code == 404
    assert "pi-52" in answer.text


def test_nobody_gets_a_file_without_logging_in(client: FlaskClient, register: Callable[..., DeviceRecord]) -> None:
    register("pi-52")

    answer = client.get("/devices/pi-52/shown.csv?from=2026-11-21T17:00:00Z&to=2026-11-22T17:00:00Z")

    assert answer.status_code in (302, 401)
    assert "time_local" not in answer.text
