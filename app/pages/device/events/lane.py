"""The lane under the panels: a mark wherever something happened, a number where marks would cover each other.

A shape says what it was, also without color: filled shapes moved EC and open ones pH, upwards or downwards as they
point; the others are work at the tank. assets/65-device-events.css draws the same shapes for the list.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from analytics.look import Palette
from app.components import ConductivityUnit, wall_times
from app.i18n import ngettext
from app.pages.device.events.tank_event import TankEvent
from app.pages.device.events.words import hover_text, kind_name
from app.pages.device.thinned import epoch_ms

#: The vertical axis of the lane, and the share of the figure's height that it takes.
AXIS = "y4"
HEIGHT = 0.045

SYMBOLS = {
    "dose": "triangle-up",
    "top-up": "triangle-down",
    "water-change": "square",
    "acid": "triangle-down-open",
    "base": "triangle-up-open",
    "clean": "star-diamond",
    "service": "hexagon",
    "check": "circle-open",
    "note": "square-open",
    "ph-calibration": "diamond",
    "ec-calibration": "diamond",
}
_MOVES_EC = ("dose", "top-up", "water-change")
_MOVES_PH = ("acid", "base")
#: A lane has room for so many marks side by side.
_PLACES, _PLACES_NARROW = 56, 16
#: Two marks are never closer than this share of a place.
_CLOSEST = 0.7
#: The box at the pointer tells two events one by one; of more it tells how many there are of each kind.
_TOLD_SINGLY = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of the lane: a single event, or several that are too close to be told apart."""

    at: datetime
    events: tuple[TankEvent, ...]


def lane_marks(events: Sequence[TankEvent], width: timedelta, *, narrow: bool) -> list[Mark]:
    """Join events that would cover each other; ``events`` are in time order, ``width`` is that of the period."""
    reach = width / (_PLACES_NARROW if narrow else _PLACES)
    marks: list[Mark] = []
    for cluster in _clusters(events, reach):
        mark = _mark(cluster)
        # The middle of a long cluster may lie close to the next one.
        if marks and mark.at - marks[-1].at < reach * _CLOSEST:
            mark = _mark(marks.pop().events + cluster)
        marks.append(mark)
    return marks


def lane_trace(
    marks: Sequence[Mark], *, colors: Palette, unit: ConductivityUnit, zone: ZoneInfo, name: str
) -> dict[str, Any]:
    """Draw the marks as one trace."""
    single = [mark.events[0] if len(mark.events) == 1 else None for mark in marks]
    symbols = ["circle" if one is None else SYMBOLS[one.kind] for one in single]
    inks = [colors.line if one is None else _ink(one.kind, colors) for one in single]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": wall_times(epoch_ms(pd.DatetimeIndex([mark.at for mark in marks]), zone)),
        "y": [0.5] * len(marks),
        "yaxis": AXIS,
        "name": name,
        "showlegend": False,
        "cliponaxis": False,
        "text": ["" if one else _count_text(len(mark.events)) for one, mark in zip(single, marks, strict=True)],
        "textfont": {"size": 10, "color": colors.text, "weight": 600},
        "marker": {
            "symbol": symbols,
            "size": [11 if one else 18 for one in single],
            "color": inks,
            "line": {"width": [1.75 if symbol.endswith("-open") else 0 for symbol in symbols], "color": inks},
            "opacity": 1,
        },
        "customdata": [_words(mark, unit, str(zone)) for mark in marks],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _clusters(events: Sequence[TankEvent], reach: timedelta) -> Iterator[tuple[TankEvent, ...]]:
    cluster: list[TankEvent] = []
    for event in events:
        if cluster and event.started_at - cluster[0].started_at >= reach:
            yield tuple(cluster)
            cluster = []
        cluster.append(event)
    if cluster:
        yield tuple(cluster)


def _mark(cluster: tuple[TankEvent, ...]) -> Mark:
    first, last = cluster[0].started_at, cluster[-1].started_at
    return Mark(first + (last - first) / 2, cluster)


def _ink(kind: str, colors: Palette) -> str:
    if kind in _MOVES_EC:
        return colors.ec
    return colors.ph if kind in _MOVES_PH else colors.muted


def _count_text(count: int) -> str:
    return str(count) if count < 100 else "99+"


def _words(mark: Mark, unit: ConductivityUnit, zone: str) -> str:
    if len(mark.events) <= _TOLD_SINGLY:
        return "<br>".join(hover_text(event, unit, zone) for event in mark.events)
    counts = Counter(event.kind for event in mark.events)
    head = ngettext("%(num)s event", "%(num)s events", len(mark.events))
    kinds = ", ".join(f"{count} × {kind_name(kind)}" for kind, count in counts.most_common())
    return f"{head}: {kinds}"
