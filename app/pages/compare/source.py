"""Where the page's numbers come from: one question per comparison, however many Pis it has."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.quantities import Quantity
from app.heatmap import limits_at
from app.jobs.rollups import refresh_dirty_hours
from app.jobs.summaries import PREFIXES
from app.pages.compare.groups import Choosable
from app.pages.device.period import Level
from models.db import session_scope
from models.read.devices import list_devices
from models.read.rollups import first_day
from models.read.targets import Tank, crop_names, tanks
from models.read.traces import Span, measured_traces, newest_reading, reading_traces, rollup_traces

#: A visitor waits for this many; the rest of a large import is left to the background job.
_MOST_DIRTY_HOURS = 200


class CompareSource:
    """Answers from the database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def choosable(self) -> list[Choosable]:
        """List the devices in use, pi-2 before pi-10, each with what grows there."""
        now = self._clock()
        with session_scope(self._engine) as session:
            devices = [one for one in list_devices(session) if one.status != "retired"]
            names, known = crop_names(session), tanks(session)
        grown = {one.id: known[one.id].growth_at(now) for one in devices}
        return [Choosable(one, names.get(growth.crop) if (growth := grown[one.id]) else None) for one in devices]

    def plantings(self) -> Mapping[int, Tank]:
        """Give what grew in every tank, by device id."""
        with session_scope(self._engine) as session:
            return tanks(session)

    def crops(self) -> Mapping[str, tuple[str, str]]:
        """Give the English and the Indonesian name of every crop, by its key."""
        with session_scope(self._engine) as session:
            return crop_names(session)

    def extent(self, device_ids: Sequence[int]) -> tuple[datetime, datetime] | None:
        """Give the first day and the newest reading of any of these devices; None if none ever read anything."""
        with session_scope(self._engine) as session:
            newest, first = newest_reading(session, device_ids), first_day(session, device_ids)
        if newest is None:
            return None
        return (datetime.combine(first, time(), UTC) if first else newest), newest

    def rollups(self, quantity: Quantity, spans: Sequence[Span], level: Level) -> pd.DataFrame:
        """Give hours or days as ``models.read.traces.rollup_traces``, with the band in the middle of each.

        ``low`` and ``high`` are NaN where there was none. Hours that changed a moment ago are computed first.
        """
        ids = sorted({span.device_id for span in spans})
        if ids:
            refresh_dirty_hours(self._engine, now=self._clock(), device_ids=ids, limit=_MOST_DIRTY_HOURS)
        per, half_ms = ("day", 43_200_000) if level is Level.DAYS else ("hour", 1_800_000)
        with session_scope(self._engine) as session:
            rows = rollup_traces(session, per, PREFIXES[quantity], spans)  # type: ignore[arg-type]
            owner = np.array([span.device_id for span in spans], dtype=np.int64)[rows["trace"].to_numpy()]
            middles = pd.DatetimeIndex((rows["at_ms"].to_numpy() + half_ms).astype("M8[ms]"), tz="UTC")
            low, high = limits_at(session, quantity, owner, middles)
        return rows.assign(low=low, high=high)

    def readings(self, quantity: Quantity, spans: Sequence[Span]) -> pd.DataFrame:
        """Give the usable single readings: columns ``trace``, ``at_ms`` and ``value``."""
        with session_scope(self._engine) as session:
            rows = reading_traces(session, PREFIXES[quantity], spans)
        flags = unpack_flags(rows["quality"].to_numpy())[CHANNELS.index(quantity)]
        return rows.loc[usable(flags), ["trace", "at_ms", "value"]]

    def measured(self, quantity: Quantity, spans: Sequence[Span], level: Level) -> Mapping[int, bool]:
        """Tell in which spans with readings a quantity was measured; see ``models.read.traces.measured_traces``."""
        with session_scope(self._engine) as session:
            return measured_traces(session, "day" if level is Level.DAYS else "hour", PREFIXES[quantity], spans)
