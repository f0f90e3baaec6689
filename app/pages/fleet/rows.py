"""From the frames of the database to the rows that the browser shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from analytics.quantities import QUANTITIES, Quantity
from app.components import ConductivityUnit, stage_text
from app.i18n import _, number_text
from app.pages.fleet.source import HOURS_SHOWN, first_hour
from app.pages.fleet.status import Channel, Mark, Snapshot, State, state_of
from app.pages.fleet.words import mark_text, state_text
from app.silence import Outage

Row = dict[str, Any]
#: 24 hourly means, oldest first; None where an hour has none.
Spark = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Writing:
    """How one quantity is written: its key in a row, its name in a reason, its digits and its unit."""

    key: str
    name: str
    decimals: int
    convert: Callable[[float], float]

    def text(self, value: float) -> str:
        """Write a value that is in the canonical unit."""
        return number_text(self.convert(value), self.decimals)


@dataclass(frozen=True, slots=True)
class Device:
    """One device as the database and the rules see it, not yet in anybody's language."""

    record: Mapping[str, Any]
    snapshot: Snapshot
    state: State
    sparks: Mapping[Quantity, Spark]

    @property
    def name(self) -> str:
        """The name that everybody knows it by, such as ``pi-7``."""
        name: str = self.record["name"]
        return name


def judged(devices: pd.DataFrame, hours: pd.DataFrame, now: datetime, outage: Outage | None = None) -> list[Device]:
    """Judge every device at ``now``, in the order of ``devices``.

    The frames and the outage are those of :class:`app.pages.fleet.source.FleetSource`.
    """
    sparks = sparks_by_device(hours, now)
    answers = []
    # What is unknown may arrive as None, NaN or NaT; from here on it is None.
    records: list[Any] = devices.astype(object).where(devices.notna(), None).to_dict("records")
    for record in records:
        snapshot = Snapshot.from_row(record)
        answers.append(Device(record, snapshot, state_of(snapshot, now, outage), sparks.get(record["device_id"], {})))
    return answers


def row_of(device: Device, writings: Mapping[Quantity, Writing], crops: Mapping[str, str]) -> Row:
    """Write one device as a row of the grid; ``crops`` names the crops in the reader's language."""
    row = _device_cells(device.record, crops) | _state_cells(device, writings)
    for quantity, channel in device.snapshot.channels.items():
        writing = writings[quantity]
        row[writing.key] = _channel_cell(channel, device.sparks.get(quantity, ()), writing)
    return row


def writings_of(unit: ConductivityUnit) -> Mapping[Quantity, Writing]:
    """Give how each quantity is written in the reader's language and unit."""
    ph, water = QUANTITIES[Quantity.PH], QUANTITIES[Quantity.WATER]
    return {
        Quantity.PH: Writing("ph", _("pH"), ph.decimals, float),
        Quantity.EC: Writing("ec", unit.quantity, unit.decimals, unit.from_ec),
        Quantity.WATER: Writing("water", _("water"), water.decimals, float),
    }


def sparks_by_device(hours: pd.DataFrame, now: datetime) -> Mapping[int, Mapping[Quantity, Spark]]:
    """Lay the hourly means of ``hours`` out on the 24 hours that end with the running one."""
    places = ((hours["hour"] - first_hour(now)) // pd.Timedelta(hours=1)).to_numpy()
    means = {quantity: hours[quantity.value].to_numpy(dtype=float) for quantity in Quantity}
    groups: Mapping[Any, Any] = hours.groupby("device_id", sort=False).indices
    return {
        int(device_id): {quantity: _spark(places[rows], means[quantity][rows]) for quantity in Quantity}
        for device_id, rows in groups.items()
    }


def _spark(places: np.ndarray, means: np.ndarray) -> Spark:
    hours = np.full(HOURS_SHOWN, np.nan)
    hours[places] = means
    return tuple(None if np.isnan(mean) else float(mean) for mean in hours)


def _device_cells(record: Mapping[str, Any], crops: Mapping[str, str]) -> Row:
    crop = record["crop"] or ""
    return {
        "device": record["name"],
        "site": record["site"] or "",
        "zone": record["zone"] or "",
        # The key is what filters and shared links mean, in whatever language they are read.
        "crop": crop,
        "crop_text": crops.get(crop, crop),
        "stage_text": stage_text(record["stage"]) if crop and record["stage"] else "",
        "inside_day": _share(record.get("inside_day")),
        "inside_week": _share(record.get("inside_week")),
    }


def _share(inside: float | None) -> float | None:
    # Thousandths: nobody needs more, and a row that does not change is not sent again.
    return None if inside is None else round(inside, 3)


def _state_cells(device: Device, writings: Mapping[Quantity, Writing]) -> Row:
    # An imported log is as old as its newest reading, not as the day on which it was imported.
    snapshot, state = device.snapshot, device.state
    seen_at = snapshot.measured_at if state is State.HISTORY else snapshot.last_seen_at
    channels = snapshot.channels.items()
    reasons = [mark_text(channel.mark, writings[quantity].name) for quantity, channel in channels]
    said = reasons if state in {State.OUT, State.SUSPECT} else []
    clock = [_("clock suspect")] if snapshot.has_suspect_clock else []
    config = [_("older configuration")] if snapshot.config_damaged else []
    return {
        "state": state.value,
        "state_text": state_text(state),
        "reason": ", ".join(filter(None, [*said, *clock, *config])),
        "seen_ms": None if seen_at is None else int(seen_at.timestamp() * 1000),
    }


def _channel_cell(channel: Channel, spark: Spark, writing: Writing) -> Row:
    value = None if channel.mark is Mark.MISSING else channel.value
    return {
        "value": value,
        "text": "" if value is None else writing.text(value),
        "mark": channel.mark.value,
        "title": _channel_title(channel, writing),
        "band": [channel.low, channel.high],
        # Four digits are enough for a line of 60 pixels; more would be most of what the page sends.
        "spark": [None if mean is None else float(f"{mean:.4g}") for mean in spark],
    }


def _channel_title(channel: Channel, writing: Writing) -> str:
    said = mark_text(channel.mark, writing.name)
    if channel.low is None or channel.high is None:
        return said
    band = _("target %(low)s to %(high)s", low=writing.text(channel.low), high=writing.text(channel.high))
    return f"{said} · {band}" if said else band
