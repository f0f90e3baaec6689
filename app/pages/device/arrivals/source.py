"""Where the card's numbers come from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Engine

from analytics.completeness import Completeness, completeness
from analytics.times import aware_index
from app.pages.device.insights.source import Stretch
from models.db import session_scope
from models.read.devices import DeviceRecord, find_device
from models.read.gaps import gaps_frame, is_numbered
from models.read.readings import readings_frame

#: Every reading of a longer stretch is not worth the waiting.
LONGEST = timedelta(days=366)
_MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came of a stretch; ``lost`` are runs of missing sequence numbers, None where nothing is numbered."""

    device: DeviceRecord
    stretch: Stretch
    by_time: Completeness
    lost: pd.DataFrame | None


class ArrivalSource:
    """Answers from the database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def arrivals(self, name: str, stretch: Stretch) -> Arrivals | None:
        """Report what came of the stretch, or of its last year; None for a device that is not there."""
        stretch = Stretch(max(stretch.start, stretch.end - LONGEST), stretch.end)
        with session_scope(self._engine) as session:
            device = find_device(session, name)
            if device is None:
                return None
            frame = readings_frame(session, device.id, stretch.start, stretch.end, columns=())
            lost = None
            if is_numbered(session, device.id, stretch.start, stretch.end):
                lost = gaps_frame(session, device.id, stretch.start, stretch.end, limit=_MOST_RUNS)
        return Arrivals(device, stretch, completeness(aware_index(frame.index).as_unit("ms").asi8), lost)
