"""How one action of the visitor changes what is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from app.pages.device.ids import Id
from app.pages.device.view import Days, Range, Values, View, Window, Zoom


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls as the browser sends them; None and halves of a choice included."""

    range: str | None
    days: Sequence[str | None] | None
    window: str | None
    relayout: Mapping[str, Any] | None
    values: str | None = None


def choose(view: View, moved: str | None, controls: Controls, zone: ZoneInfo) -> View:
    """Give the view after the control ``moved`` was used; what is not a complete choice changes nothing."""
    if moved == Id.RANGE and controls.range in set(Range):
        return view.with_range(Range(controls.range))
    if moved == Id.WINDOW and controls.window in set(Window):
        return replace(view, window=Window(controls.window))
    if moved == Id.VALUES and controls.values in set(Values):
        return replace(view, values=Values(controls.values))
    if moved == Id.DAYS:
        return _after_days(view, controls.days or ())
    if moved == Id.RESET:
        return replace(view, zoom=None)
    if moved == Id.GRAPH:
        return _after_relayout(view, controls.relayout or {}, zone)
    return view


def control_values(view: View) -> tuple[str, list[str | None]]:
    """Give the values of the range buttons and the days: only one of them holds a choice."""
    if view.days is None:
        return str(view.range), [None, None]
    return "", [day.isoformat() for day in view.days]


def _after_days(view: View, days: Sequence[str | None]) -> View:
    if not any(days):
        return view.with_range(view.range)
    whole = _whole(days)
    return view.with_days(whole) if whole else view


def _whole(days: Sequence[str | None]) -> Days | None:
    """Give both days, or None while only the first has been clicked."""
    known = [date.fromisoformat(day) for day in days if day]
    return (known[0], known[1]) if len(known) == 2 else None


def _after_relayout(view: View, relayout: Mapping[str, Any], zone: ZoneInfo) -> View:
    if "xaxis.autorange" in relayout:
        return replace(view, zoom=None)
    ends = relayout.get("xaxis.range") or [relayout.get(f"xaxis.range[{end}]") for end in (0, 1)]
    if None in ends:
        return view
    return replace(view, zoom=_zoom(ends, zone))


def _zoom(ends: Sequence[str], zone: ZoneInfo) -> Zoom | None:
    """Turn what plotly shows, the wall clock of ``zone``, back into times; whole seconds make a shorter address."""
    local = pd.DatetimeIndex([pd.Timestamp(end) for end in ends])
    aware = local.tz_localize(zone, ambiguous=np.array([True, False]), nonexistent="shift_forward")
    start, end = (int(at) for at in aware.as_unit("s").asi8)
    return (start * 1000, (end + 1) * 1000) if start <= end else None
