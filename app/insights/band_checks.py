"""Is a tank inside its bands, since when not, and when will it leave them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import nan
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from analytics.diurnal import Diurnal, diurnal_profiles
from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.forecast import Forecast, Outlook, time_to_limit
from analytics.quantities import Quantity
from app.insights.findings import Check, Heading, Lack, OutOfBand, Result, Urgency
from app.insights.scene import Scene
from app.jobs.summaries import PREFIXES

#: Older than this, the newest reading says nothing about the water of now.
FRESH = timedelta(hours=2)
# Six means of an hour are a trend; three days of them show what belongs to the time of day.
_FEWEST_HOURS = 6
_FEWEST_DAYS = 3
#: What comes later is no finding: a day's trend is not worth more than a day, and a grower looks every day.
HORIZON_H = 24.0
# Water follows the weather, which a day of readings does not know.
_HEADING = (Quantity.PH, Quantity.EC)
# Half an hour to mix, and the hour that is stamped in its middle must begin after that.
_SETTLED = timedelta(hours=1)
# A share of an hour that rounding may take away.
_WHOLE = 0.98
_LONGEST_GAP = timedelta(hours=3)

_LACKS = MappingProxyType({Outlook.STALE: Lack.STALE, Outlook.NO_TREND: Lack.NO_TREND})


def check_bands(scene: Scene) -> Iterator[Result]:
    """Compare the newest value of every quantity with its band."""
    for device_id in scene.asked:
        tank = scene.tanks[device_id]
        for quantity, flag in zip(CHANNELS, _flags(tank), strict=True):
            lack = _lack_of_value(tank, quantity, flag, scene.end)
            if lack is not None:
                yield scene.unknown(device_id, Check.BAND, quantity, lack)
                continue
            outside = _outside(scene, device_id, tank, quantity)
            if outside is None:
                yield scene.fine(device_id, Check.BAND, quantity)
            else:
                yield scene.found(device_id, Check.BAND, quantity, Urgency.NOW, outside)


def check_limits(scene: Scene) -> Iterator[Result]:
    """Tell whether pH or EC will leave its band within a day, from the hours since the water was last changed.

    What is outside already is left to :func:`check_bands`.
    """
    for quantity in _HEADING:
        middles = scene.hours.means(quantity).shift(freq=timedelta(minutes=30))
        for zone, devices in _by_zone(scene).items():
            hourly = middles[devices].tz_convert(zone)
            patterns = diurnal_profiles(hourly)
            results = (_limit(scene, one, quantity, hourly[one], patterns[one]) for one in devices)
            yield from (result for result in results if result is not None)


def _by_zone(scene: Scene) -> dict[str, list[int]]:
    """Group the devices asked about by the clock on their wall: what belongs to the time of day is found by it."""
    zones: dict[str, list[int]] = {}
    for device_id in scene.asked:
        zone = scene.tanks[device_id]["site_time_zone"]
        # A frame writes a null among texts as NaN.
        zones.setdefault("UTC" if pd.isna(zone) else str(zone), []).append(device_id)
    return zones


def _limit(scene: Scene, device_id: int, quantity: Quantity, hourly: pd.Series, pattern: Diurnal) -> Result | None:
    band = band_of(scene.tanks[device_id], quantity)
    if np.isnan(band).all():
        return scene.unknown(device_id, Check.LIMIT, quantity, Lack.NO_TARGET)
    if pattern.days < _FEWEST_DAYS:
        lack = Lack.SHORT_HISTORY if hourly.notna().any() else Lack.NO_READINGS
        return scene.unknown(device_id, Check.LIMIT, quantity, lack)
    changed_at = scene.changed_at.get(device_id)
    since = None if changed_at is None else changed_at + _SETTLED
    end = pd.Timestamp(scene.end)
    forecast = time_to_limit(hourly, band, now=end, since=since, diurnal=pattern, fewest=_FEWEST_HOURS)
    return _limit_result(scene, device_id, quantity, forecast, band, is_changed=changed_at is not None)


def _limit_result(
    scene: Scene,
    device_id: int,
    quantity: Quantity,
    forecast: Forecast,
    band: tuple[float, float],
    *,
    is_changed: bool,
) -> Result | None:
    outlook = forecast.outlook
    if outlook is Outlook.OUTSIDE:
        return None
    if outlook is Outlook.TOO_FEW:
        lack = Lack.SINCE_EVENT if is_changed else Lack.STALE
        return scene.unknown(device_id, Check.LIMIT, quantity, lack)
    if outlook in _LACKS:
        return scene.unknown(device_id, Check.LIMIT, quantity, _LACKS[outlook])
    if outlook is Outlook.STAYS or forecast.hours > HORIZON_H:
        return scene.fine(device_id, Check.LIMIT, quantity, Heading(forecast, nan))
    limit = band[1] if outlook is Outlook.LEAVES_HIGH else band[0]
    return scene.found(device_id, Check.LIMIT, quantity, Urgency.TODAY, Heading(forecast, limit))


def band_of(tank: Any, quantity: Quantity) -> tuple[float, float]:
    """Give the limits that hold now, NaN where there is none."""
    prefix = PREFIXES[quantity]
    return float(tank[f"{prefix}_low"]), float(tank[f"{prefix}_high"])


def _flags(tank: Any) -> list[int]:
    if pd.isna(tank["quality"]):
        return [0] * len(CHANNELS)
    return [int(flag) for flag in unpack_flags(int(tank["quality"]))]


def _lack_of_value(tank: Any, quantity: Quantity, flag: int, now: datetime) -> Lack | None:
    if pd.isna(tank["ts"]):
        return Lack.NO_READINGS
    if now - tank["ts"] > FRESH:
        return Lack.STALE
    if np.isnan(tank[str(quantity)]):
        return Lack.NO_READINGS
    if not usable(flag):
        return Lack.DOUBTFUL
    return Lack.NO_TARGET if np.isnan(band_of(tank, quantity)).all() else None


def _outside(scene: Scene, device_id: int, tank: Any, quantity: Quantity) -> OutOfBand | None:
    value, (low, high) = float(tank[str(quantity)]), band_of(tank, quantity)
    if not (value < low or value > high):
        return None
    part = "below_s" if value < low else "above_s"
    outside_s, covered_s = (scene.hours.seconds(quantity, one)[device_id] for one in (part, "covered_s"))
    since, at_least = outside_since(outside_s, covered_s, tank["ts"])
    return OutOfBand(value, low, high, since, at_least)


def outside_since(outside_s: pd.Series, covered_s: pd.Series, newest_at: pd.Timestamp) -> tuple[datetime, bool]:
    """Tell since when a value has been outside its band, and whether it may have been for longer than is known.

    Parameters
    ----------
    outside_s, covered_s
        Shape (hours,): seconds of each hour outside on this side, and measured at all. Index: starts of the hours.
    newest_at
        Time of the newest reading, which is outside.

    Returns
    -------
    The end of the last hour that was not wholly outside, less its seconds outside; or the start of the hour after a
    silence of more than three hours.
    """
    measured = covered_s.to_numpy() > 0
    starts, outside = outside_s.index[measured], outside_s.to_numpy()[measured]
    if not len(starts):
        return newest_at.to_pydatetime(), True
    whole = outside >= _WHOLE * covered_s.to_numpy()[measured]
    after_silence = np.append(False, np.diff(starts) > pd.Timedelta(_LONGEST_GAP))
    partial = np.flatnonzero(~whole)
    last_partial = int(partial[-1]) if partial.size else -1
    silences = np.flatnonzero(after_silence)
    last_silence = int(silences[-1]) if silences.size else 0
    if last_silence > last_partial or last_partial < 0:
        return starts[last_silence].to_pydatetime(), True
    ends = min(starts[last_partial] + pd.Timedelta("1h"), newest_at)
    since = max(ends - pd.Timedelta(seconds=float(outside[last_partial])), starts[last_partial])
    return since.to_pydatetime(), False
