"""Which spans of a device's history a set of dirty hours asks to be computed again.

A reading changes more than its own hour: its predecessor now ends sooner, and the tests that look back from later
readings see it for as long as they reach.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from analytics.holding import CAP_INTERVALS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
#: Longest sampling interval that is believed; steps beyond it are gaps.
LONGEST_INTERVAL_S = 3600
#: A reading holds for this long at most, whatever its device's interval: hours this far back may change.
LONGEST_HOLD = timedelta(seconds=CAP_INTERVALS * LONGEST_INTERVAL_S)


@dataclass(frozen=True, slots=True)
class Span:
    """Full hours ``[start, end)`` of one device."""

    start: datetime
    end: datetime

    @property
    def days(self) -> "Span":
        """The UTC days it touches."""
        start = self.start.replace(hour=0)
        whole = self.end.replace(hour=0)
        return Span(start, whole if whole == self.end else whole + DAY)


def spans_to_compute(dirty_hours: pd.Series, *, reach: timedelta) -> list[Span]:
    """Extend dirty hours (aware, increasing) by what they influence and join what touches.

    ``reach`` is how far the tests of later readings look back.
    """
    hours = pd.DatetimeIndex(dirty_hours).as_unit("s").asi8
    if not hours.size:
        return []
    starts = hours - int(LONGEST_HOLD.total_seconds())
    ends = hours + int((HOUR + reach).total_seconds())
    first = np.flatnonzero(np.append(True, starts[1:] > ends[:-1]))
    last = np.append(first[1:], hours.size) - 1
    edges = zip(starts[first].tolist(), ends[last].tolist(), strict=True)
    return [Span(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)) for start, end in edges]


def sampling_interval_s(ts_ms: np.ndarray, asked_s: float) -> float:
    """Estimate the interval that a span was sampled with.

    The usual step between readings, in whole seconds; never less than the device is asked to keep, so that a device
    that hurries for a while does not turn its ordinary steps into gaps.
    """
    steps = np.diff(ts_ms) / 1000.0
    if steps.size < 3:
        return float(asked_s)
    return float(max(asked_s, min(round(float(np.median(steps))), LONGEST_INTERVAL_S)))
