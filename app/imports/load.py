"""A CSV file becomes the history of a device, by the same way that a Pi's readings take."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, Test, unpack_tests
from app.imports.chunks import Chunk, ColumnPlan, chunks
from app.imports.layout import Layout, Row, find_layout, open_rows
from app.imports.numbers import Nulls, uses_decimal_comma
from app.imports.report import ImportReport
from app.imports.request import ImportRequest, zone_of
from app.imports.times import IntArray, detect, given_format
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from ingest_api.intake import Outcome, Verdicts, take_in
from ingest_api.sent import SentReadings
from ingest_api.timestamps import moment_of
from models.db import session_scope
from models.read.devices import DeviceRecord, find_device, has_site
from models.read.readings import readings_frame
from models.write.audit import record
from models.write.devices import ensure_site, register_device

#: Lines of one piece, and of one transaction.
PIECE_LINES = 50_000
#: Lines that show how numbers are written.
_SAMPLE = 1000
_LONGEST_INTERVAL_S = 86_400

Say = Callable[[str], None]
Sessions = Callable[[], AbstractContextManager[Session]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def import_csv(
    engine: Engine,
    request: ImportRequest,
    say: Say,
    *,
    clock: Callable[[], datetime] = _utc_now,
    piece_lines: int = PIECE_LINES,
) -> ImportReport:
    """Load a file as readings of a device, which is registered if there is none of that name.

    Oddities become flags, lines that cannot be read are reported and left out, and loading the same file again
    changes nothing. Every ``piece_lines`` are stored in a transaction of their own, so an interrupted import is simply
    repeated. ``say`` is told what is going on, one sentence at a time. A dry run does all of it and stores nothing.

    Raises
    ------
    ImportRefused
        If the file cannot be read as asked; nothing was stored then.
    """
    plan = plan_for(request)
    report = ImportReport(request.device, request.dry_run, time_format=plan.how.label, notes=list(plan.layout.notes))
    say(f"{request.path.name}: times are {plan.how.label}")
    stamps: list[IntArray] = []
    with open_rows(plan.layout) as rows, _sessions(engine, dry_run=request.dry_run) as sessions:
        device: DeviceRecord | None = None
        for chunk in chunks(rows, plan, size=piece_lines):
            with sessions() as session:
                device = device or _device(session, request, chunk, now=clock())
                verdicts = _store(session, device, chunk, now=clock())
            _count(report, chunk, verdicts)
            stamps.append(chunk.ts_ms[verdicts.outcome != Outcome.QUARANTINED])
            say(f"{report.lines:,} lines")
    _measure_span(report, np.concatenate(stamps) if stamps else np.empty(0, dtype=np.int64))
    if report.accepted and device is not None and not request.dry_run:
        say("computing flags, hours and days")
        refresh_dirty_hours(engine, now=clock(), device_ids=[device.id])
        _recount_flags(engine, device, report, request.columns)
    return report


def plan_for(request: ImportRequest) -> ColumnPlan:
    """Look at the file and decide how its columns are to be read.

    Raises
    ------
    ImportRefused
        If columns are missing, or times cannot be understood for sure.
    """
    layout = find_layout(request)
    if request.time_format:
        how = given_format(request.time_format)
    else:
        with open_rows(layout) as rows:
            how = detect(_cells(rows, layout, request.time_column))
    plan = ColumnPlan(
        layout=layout,
        time_column=request.time_column,
        values=request.columns,
        factors={"ec_us_cm": request.ec_factor},
        how=how,
        zone=zone_of(request.time_zone),
        nulls=Nulls.with_own(request.null_texts),
        decimal_comma=_has_decimal_comma(layout, request.columns.values()),
    )
    return plan if not plan.decimal_comma else replace(plan, layout=_with_note(layout, "Decimal commas were read."))


def _has_decimal_comma(layout: Layout, columns: Iterable[str]) -> bool:
    if layout.delimiter == ",":
        return False
    with open_rows(layout) as rows:
        sample = list(islice(rows, _SAMPLE))
    return uses_decimal_comma(text for column in columns for text in _cells(sample, layout, column))


def _with_note(layout: Layout, note: str) -> Layout:
    return replace(layout, notes=(*layout.notes, note))


def _cells(rows: Iterable[Row], layout: Layout, column: str) -> Iterator[str]:
    position = layout.position(column)
    return (row.cells[position] for row in rows if len(row.cells) > position)


@contextmanager
def _sessions(engine: Engine, *, dry_run: bool) -> Iterator[Sessions]:
    """Give what opens a transaction per piece; in a dry run all pieces share one, and it is undone at the end."""
    if not dry_run:
        yield lambda: session_scope(engine)
        return
    with Session(engine) as session:
        try:
            yield lambda: nullcontext(session)
        finally:
            session.rollback()


def _device(session: Session, request: ImportRequest, chunk: Chunk, *, now: datetime) -> DeviceRecord:
    """Find the device or register it, with the interval its log was written in.

    Whoever imports a file vouches for its times, also those from before the device was registered.
    """
    file = {"file": request.path.name}
    record(
        session, COMMAND_LINE.name, "import-log", object_kind="device", object_id=request.device, details=file, at=now
    )
    known = find_device(session, request.device)
    if known is not None:
        return replace(known, has_history=True)
    if request.site and not has_site(session, request.site):
        ensure_site(session, request.site, time_zone=request.clock_of_site)
    return register_device(
        session,
        request.device,
        site=request.site,
        medium=request.medium,
        origin="import",
        has_history=True,
        interval_s=round(np.clip(_median_step_s(chunk.ts_ms) or 60, 1, _LONGEST_INTERVAL_S)),
        now=now,
    )


def _store(session: Session, device: DeviceRecord, chunk: Chunk, *, now: datetime) -> Verdicts:
    sent = SentReadings.of(device.id, chunk.ts_ms, **chunk.columns)
    return take_in(session, {device.id: device}, sent, now=now)


def _count(report: ImportReport, chunk: Chunk, verdicts: Verdicts) -> None:
    report.lines += chunk.lines
    report.accepted += verdicts.count(Outcome.STORED)
    report.duplicates += verdicts.count(Outcome.DUPLICATE)
    report.conflicts += verdicts.count(Outcome.CONFLICT)
    report.quarantined += verdicts.count(Outcome.QUARANTINED)
    report.reject(chunk.rejected)
    stored = verdicts.tests[verdicts.outcome == Outcome.STORED]
    for quantity, mask in zip(CHANNELS, unpack_tests(stored), strict=True):
        if quantity in chunk.columns:
            _add_tests(report, quantity, mask)


def _add_tests(report: ImportReport, quantity: str, mask: np.ndarray) -> None:
    for test in Test:
        count = int(np.count_nonzero(mask & test))
        if count and test is Test.MISSING:
            report.missing[quantity] += count
        elif count and test is not Test.GAP:
            report.flagged[quantity, str(test.name).lower().replace("_", " ")] += count


def _recount_flags(engine: Engine, device: DeviceRecord, report: ImportReport, measured: Iterable[str]) -> None:
    """Count the flags again now that neighbours have been compared, over the span of the file."""
    if report.first_at is None or report.last_at is None:
        return
    with session_scope(engine) as session:
        until = moment_of(round(report.last_at.timestamp() * 1000) + 1)
        tests = readings_frame(session, device.id, report.first_at, until, columns=("tests",))["tests"]
    report.flagged, report.missing = Counter(), Counter()
    for quantity, mask in zip(CHANNELS, unpack_tests(tests), strict=True):
        if quantity in measured:
            _add_tests(report, quantity, mask)


def _measure_span(report: ImportReport, stamps: IntArray) -> None:
    if stamps.size:
        report.first_at, report.last_at = moment_of(int(stamps.min())), moment_of(int(stamps.max()))
        report.interval_s = _median_step_s(stamps)


def _median_step_s(stamps: IntArray) -> float | None:
    steps = np.diff(np.unique(stamps))
    return float(np.median(steps)) / 1000 if steps.size else None
