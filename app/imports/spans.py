"""The spans of a file, where its readings take the place of others."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from app.i18n import N_
from app.imports.chunks import PIECE_LINES, ColumnPlan, by_device, chunks
from app.imports.layout import open_rows
from app.imports.owners import Owners
from app.imports.report import ImportReport
from app.imports.request import ImportRefused, ImportRequest
from app.imports.times import IntArray
from ingest_api.misdated import AHEAD, EARLIEST_HISTORY
from ingest_api.timestamps import moment_of
from models.read.devices import find_device
from models.write.audit import record
from models.write.replaced import take_out

Sessions = Callable[[], AbstractContextManager[Session]]
Span = tuple[datetime, datetime]


def make_room(
    sessions: Sessions, request: ImportRequest, plan: ColumnPlan, owners: Owners, report: ImportReport
) -> dict[str, Span]:
    """Take out what the devices have in the span of the file; gives the spans by device.

    Raises
    ------
    ImportRefused
        If the file holds no reading.
    """
    spans = _spans(request, plan, now=owners.now)
    if not spans:
        said = N_("%(file)s holds no reading that could take the place of others")
        raise ImportRefused(said, file=request.path.name)
    with sessions() as session:
        for name, (start, end) in spans.items():
            device = find_device(session, name)
            if device is None:
                continue
            taken = take_out(session, device.id, start, end, by=owners.by.id or None, now=owners.now)
            report.replaced += taken
            told = {"file": request.path.name, "start": start.isoformat(), "end": end.isoformat(), "readings": taken}
            record(
                session,
                owners.by.name,
                "replace-readings",
                object_kind="device",
                object_id=name,
                details=told,
                at=owners.now,
            )
    return spans


def _spans(request: ImportRequest, plan: ColumnPlan, *, now: datetime) -> dict[str, Span]:
    """Look through the whole file for the first and the last time of each device; the end is the millisecond after.

    Times that cannot be true take no part: a clock that was set to 2099 must not make room up to there.
    """
    possible = EARLIEST_HISTORY, now + AHEAD + timedelta(milliseconds=1)
    found: dict[str, tuple[int, int]] = {}
    with open_rows(plan.layout) as rows:
        for chunk in chunks(rows, plan, size=PIECE_LINES):
            true = chunk.take(within(chunk.ts_ms, possible))
            for name, where in by_device(true, request):
                stamps = true.ts_ms[where]
                first, last = found.get(name, (int(stamps[0]), int(stamps[0])))
                found[name] = min(first, int(stamps.min())), max(last, int(stamps.max()))
    return {
        name: (request.span_start or moment_of(first), request.span_end or moment_of(last + 1))
        for name, (first, last) in found.items()
    }


def within(stamps_ms: IntArray, span: Span | None) -> np.ndarray:
    """Tell which times lie in a span; all, if there is none."""
    if span is None:
        return np.ones(stamps_ms.size, dtype=bool)
    start_ms, end_ms = (round(edge.timestamp() * 1000) for edge in span)
    return (stamps_ms >= start_ms) & (stamps_ms < end_ms)
