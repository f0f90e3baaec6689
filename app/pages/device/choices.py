"""How one action of the visitor changes what is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from app.pages.device.ids import Id
from app.pages.device.view import Around, Days, Range, Values, View, Window, Zoom


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls as the browser sends them; None and halves of a choice included."""

    range: str | None
    days: Sequence[str | None] | None
    window: str | None
    relayout: Mapping[str, Any] | None
    values: str | None = None
    around: str | None = None


def choose(view: View, moved: Collection[str], controls: Controls, zone: ZoneInfo) -> View:
    """Give the view as the controls stand; what is not a complete choice changes nothing.

    All of them are read, not only those that ``moved``: when a click comes before the answer to the last one, the
    browser drops that answer, and the view that it sends along is a step behind.
    """
    view = _after_stretch(_after_buttons(view, controls), moved, controls)
    if Id.RESET in moved:
        view = replace(view, zoom=None)
    if Id.ZOOM in moved:
        view = _after_relayout(view, controls.relayout or {}, zone)
    return view


def control_values(view: View) -> tuple[str, list[str | None]]:
    """Give the values of the range buttons and the days: only one of them holds a choice."""
    if view.days is None:
        return str(view.range), [None, None]
    return "", [day.isoformat() for day in view.days]


def _after_buttons(view: View, controls: Controls) -> View:
    window = Window(controls.window) if controls.window in set(Window) else view.window
    values = Values(controls.values) if controls.values in set(Values) else view.values
    around = Around(controls.around) if controls.around in set(Around) else view.around
    return replace(view, window=window, values=values, around=around)


def _after_stretch(view: View, moved: Collection[str], controls: Controls) -> View:
    days = _whole(controls.days or ())
    if Id.DAYS not in moved and controls.range in set(Range):
        # No range is pressed while days are shown.
        chosen = Range(controls.range)
        return view.with_range(chosen) if view.days or chosen is not view.range else view
    if days:
        return view.with_days(days) if days != view.days else view
    if Id.DAYS in moved and not any(controls.days or ()):
        return view.with_range(view.range)
    return view


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
