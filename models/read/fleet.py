"""The whole fleet at a glance: one row per device, without touching the history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pandas as pd
from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from models.arrays import is_among, query_arrays, to_times
from models.names import natural_key
from models.read.targets import Tank, Targets, tanks
from models.tables import Device, DeviceState, Site

#: Quantity -> the beginning of its two band columns.
_BAND_COLUMNS: Mapping[str, str] = MappingProxyType({"ph": "ph", "ec_us_cm": "ec", "water_c": "water"})
_TIMES = ("last_seen_at", "ts")
_FLOATS = ("interval_s", "ph", "ec_us_cm", "water_c")
_NULLABLE_NUMBERS = ("quality", "tests", "skew_ms")
_COLUMNS = (
    *("device_id", "name", "site", "site_time_zone", "zone", "crop", "stage", "status", "origin", "interval_s"),
    *("last_seen_at", "ts", "ph", "ec_us_cm", "water_c", "quality", "tests", "skew_ms", "agent"),
    "config_damaged",
    *("ph_low", "ph_high", "ec_low", "ec_high", "water_low", "water_high"),
)
_SPARKLINES = (
    "SELECT coalesce(array_agg(device_id), '{}'), coalesce(array_agg(hour), '{}'), coalesce(array_agg(n), '{}'), "
    "coalesce(array_agg(coalesce(ph_sum / nullif(ph_n, 0), 'NaN')), '{}'), "
    "coalesce(array_agg(coalesce(ec_sum / nullif(ec_n, 0), 'NaN')), '{}'), "
    "coalesce(array_agg(coalesce(water_sum / nullif(water_n, 0), 'NaN')), '{}') "
    "FROM (SELECT * FROM reading_hours WHERE hour >= %(start)s AND hour < %(end)s ORDER BY device_id, hour) AS r"
)

#: Seconds that readings held, and held outside their band, of two spans that end together.
_SHARES = "SELECT coalesce(array_agg(device_id), '{}')" + "".join(
    f", coalesce(array_agg(coalesce({prefix}_{part}_{span}, 0)), '{{}}')"
    for span in ("short", "long")
    for prefix in _BAND_COLUMNS.values()
    for part in ("covered", "outside")
)
_SHARES += " FROM (SELECT device_id" + "".join(
    f", sum({prefix}_covered_s) {only} AS {prefix}_covered_{span}, "
    f"sum({prefix}_below_s + {prefix}_above_s) {only} AS {prefix}_outside_{span}"
    for span, only in (("short", "FILTER (WHERE hour >= %(short)s)"), ("long", ""))
    for prefix in _BAND_COLUMNS.values()
)
_SHARES += " FROM reading_hours WHERE hour >= %(long)s AND hour < %(end)s GROUP BY device_id) AS r"


def fleet_frame(session: Session, *, now: datetime, device_ids: Sequence[int] | None = None) -> pd.DataFrame:
    """Read every device that is not retired, with its newest reading and the bands valid at ``now``.

    Of these devices only where ``device_ids`` names some.

    Returns
    -------
    DataFrame, pi-2 before pi-10, columns ``device_id, name, site, site_time_zone, zone, crop, stage, status, origin,
    interval_s, last_seen_at, ts, ph, ec_us_cm, water_c, quality, tests, skew_ms, agent, config_damaged`` and
    ``ph_low, ph_high, ec_low, ec_high, water_low, water_high``. ``crop`` is a crop's key, None where nothing is
    planted; ``interval_s`` is what the device last said, else what it is asked to keep. Unknown is None, NaN, NaT or
    NA, by column type.
    """
    asked = _devices() if device_ids is None else _devices().where(is_among(Device.id, device_ids))
    rows = [dict(row) for row in session.execute(asked).mappings()]
    rows.sort(key=lambda row: natural_key(row["name"]))
    targets, by_device = Targets(session), tanks(session, device_ids)
    for row in rows:
        row |= _expectations(targets, by_device[row["device_id"]], now)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    bands = [f"{prefix}_{side}" for prefix in _BAND_COLUMNS.values() for side in ("low", "high")]
    times = {name: pd.to_datetime(frame[name], utc=True).dt.as_unit("ms") for name in _TIMES}
    kinds = {
        "device_id": "int64",
        **dict.fromkeys((*_FLOATS, *bands), "float64"),
        **dict.fromkeys(_NULLABLE_NUMBERS, "Int64"),
    }
    return frame.assign(**times).astype(kinds)


def sparkline_hours(session: Session, start: datetime, end: datetime) -> pd.DataFrame:
    """Read the hourly means of all devices in ``[start, end)``, by device and hour.

    Returns
    -------
    DataFrame with columns ``device_id`` (int64), ``hour`` (aware UTC), ``n`` (readings in the hour), and the means
    ``ph, ec_us_cm, water_c`` of usable readings, NaN in an hour without one.
    """
    devices, hours, counts, ph, ec, water = query_arrays(session, _SPARKLINES, {"start": start, "end": end})
    means = {"ph": ph, "ec_us_cm": ec, "water_c": water}
    return pd.DataFrame({"device_id": devices, "hour": to_times(hours), "n": counts.astype("int64"), **means})


def outside_seconds(session: Session, end: datetime, *, short: datetime, long: datetime) -> pd.DataFrame:
    """Read for how long every device was measured, and outside its bands, from ``short`` and from ``long`` to ``end``.

    Returns
    -------
    DataFrame indexed by ``device_id`` (int64): ``<ph|ec|water>_<covered|outside>_<short|long>`` in seconds. Where a
    quantity had no band nothing was outside.
    """
    devices, *numbers = query_arrays(session, _SHARES, {"end": end, "short": short, "long": long})
    names = [
        f"{prefix}_{part}_{span}"
        for span in ("short", "long")
        for prefix in _BAND_COLUMNS.values()
        for part in ("covered", "outside")
    ]
    frame = pd.DataFrame(dict(zip(names, numbers, strict=True)), index=pd.Index(devices, name="device_id"))
    return frame.astype("float64")


def _devices() -> Any:
    state = DeviceState
    return (
        select(
            Device.id.label("device_id"),
            Device.name,
            Site.name.label("site"),
            Site.time_zone.label("site_time_zone"),
            Device.zone,
            Device.status,
            Device.origin,
            func.coalesce(state.interval_s, Device.interval_s).label("interval_s"),
            *(state.last_seen_at, state.ts, state.ph, state.ec_us_cm, state.water_c),
            *(state.quality, state.tests, state.skew_ms, state.agent),
            func.coalesce(state.config_damaged, false()).label("config_damaged"),
        )
        .outerjoin(Site, Site.id == Device.site_id)
        .outerjoin(state, state.device_id == Device.id)
        .where(Device.status != "retired")
    )


def _expectations(targets: Targets, tank: Tank, now: datetime) -> dict[str, Any]:
    """Give what grows in a tank, and its six band limits."""
    growth = tank.growth_at(now)
    given: dict[str, Any] = {
        "crop": growth.crop if growth else None,
        "stage": targets.stage_at(growth, now, tank.zone) if growth else None,
    }
    for quantity, prefix in _BAND_COLUMNS.items():
        band = targets.band_at(tank, quantity, now)
        given |= {f"{prefix}_low": band.low if band else None, f"{prefix}_high": band.high if band else None}
    return given
