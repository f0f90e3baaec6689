"""A file becomes the history of devices, by the same way that a Pi's readings take."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, Test, unpack_tests
from app.i18n import N_
from app.imports.chunks import PIECE_LINES, Chunk, ColumnPlan, by_device, chunks, time_texts
from app.imports.layout import Layout, Row, find_layout, open_rows
from app.imports.numbers import Nulls, uses_decimal_comma
from app.imports.owners import Owners, median_step_s
from app.imports.report import FIRST, FirstReading, ImportReport
from app.imports.request import ImportRequest, Mode, zone_of
from app.imports.spans import Sessions, Span, make_room, within
from app.imports.times import detect, given_format
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE, Principal
from app.saying import Saying
from ingest_api.intake import Outcome, Verdicts, take_in
from ingest_api.sent import SentReadings
from ingest_api.timestamps import moment_of
from models.db import session_scope
from models.read.readings import readings_frame

#: What is said when all lines are stored.
SUMMING_UP = "computing flags, hours and days"
#: Lines that show how numbers are written.
_SAMPLE = 1000

Say = Callable[[str], None]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody(_lines: int) -> None:
    """Count for nobody."""


def import_file(
    engine: Engine,
    request: ImportRequest,
    say: Say,
    *,
    by: Principal = COMMAND_LINE,
    clock: Callable[[], datetime] = _utc_now,
    count: Callable[[int], None] = _nobody,
    piece_lines: int = PIECE_LINES,
) -> ImportReport:
    """Load a file as readings of its devices, which are registered if there are none of their names.

    Oddities become flags, lines that cannot be read are reported and left out, and loading the same file again
    changes nothing. Every ``piece_lines`` are stored in a transaction of their own, so an interrupted import is simply
    repeated; what is replaced is replaced in a single one. ``say`` is told what is going on, one sentence at a time,
    ``count`` how many lines were read. A dry run does all of it and stores nothing.

    Raises
    ------
    ImportRefused
        If the file cannot be read as asked; nothing was stored then.
    """
    plan = plan_for(request)
    report = ImportReport(
        request.device or "", request.dry_run, time_format=plan.how.label, notes=list(plan.layout.notes)
    )
    say(f"{request.path.name}: times are {plan.how.label}")
    owners = Owners(request, by, clock())
    with _sessions(engine, request) as sessions:
        spans = make_room(sessions, request, plan, owners, report) if request.mode is Mode.REPLACE_SPAN else {}
        with open_rows(plan.layout) as rows:
            for chunk in chunks(rows, plan, size=piece_lines):
                with sessions() as session:
                    _load(session, chunk, owners, report, spans)
                count(report.lines)
                say(f"{report.lines:,} lines")
    _sum_up(report, owners)
    if not request.dry_run and (report.accepted or report.replaced):
        say(SUMMING_UP)
        refresh_dirty_hours(engine, now=clock(), device_ids=[device.id for device in owners.known.values()])
        _recount_flags(engine, report, owners, request.columns)
    return report


def plan_for(request: ImportRequest) -> ColumnPlan:
    """Look at the file and decide how its columns are to be read.

    Raises
    ------
    ImportRefused
        If columns are missing, or times cannot be understood for sure.
    """
    layout = find_layout(request)
    times = tuple(filter(None, (request.date_column, request.time_column)))
    if request.time_format:
        how = given_format(request.time_format)
    else:
        with open_rows(layout) as rows:
            how = detect(_times(rows, layout, times))
    plan = ColumnPlan(
        layout=layout,
        time_columns=times,
        values=request.columns,
        factors={"ec_us_cm": request.ec_factor},
        how=how,
        zone=zone_of(request.time_zone),
        nulls=Nulls.with_own(request.null_texts),
        decimal_comma=_has_decimal_comma(layout, request.columns.values()),
        device_column=request.device_column,
    )
    if not plan.decimal_comma:
        return plan
    return replace(plan, layout=_with_note(layout, Saying(N_("Decimal commas were read."))))


def _has_decimal_comma(layout: Layout, columns: Iterable[str]) -> bool:
    if layout.delimiter == ",":
        return False
    with open_rows(layout) as rows:
        sample = list(islice(rows, _SAMPLE))
    return uses_decimal_comma(text for column in columns for text in _cells(sample, layout, column))


def _with_note(layout: Layout, note: Saying) -> Layout:
    return replace(layout, notes=(*layout.notes, note))


def _cells(rows: Iterable[Row], layout: Layout, column: str) -> Iterator[str]:
    position = layout.position(column)
    return (row.cells[position] for row in rows if len(row.cells) > position)


def _times(rows: Iterable[Row], layout: Layout, columns: tuple[str, ...]) -> Iterator[str]:
    last = max(map(layout.position, columns))
    return (text for row in rows if len(row.cells) > last for text in time_texts([row], layout, columns))


@contextmanager
def _sessions(engine: Engine, request: ImportRequest) -> Iterator[Sessions]:
    """Give what opens a transaction per piece; pieces that stand or fall together share one.

    That of a dry run is undone at the end.
    """
    if not request.dry_run and request.mode is not Mode.REPLACE_SPAN:
        yield lambda: session_scope(engine)
        return
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield lambda: nullcontext(session)
            if not request.dry_run:
                session.commit()
        finally:
            session.rollback()


def _load(session: Session, chunk: Chunk, owners: Owners, report: ImportReport, spans: dict[str, Span]) -> None:
    """Store a chunk and count what became of each of its lines."""
    report.lines += chunk.lines
    report.reject(chunk.rejected)
    device_ids = np.zeros(chunk.ts_ms.size, dtype=np.int64)
    wanted = np.ones(chunk.ts_ms.size, dtype=bool)
    for name, where in by_device(chunk, owners.request):
        stamps = chunk.ts_ms[where]
        device = owners.find(session, name, stamps)
        device_ids[where] = device.id
        wanted[where] = owners.has_room(device, stamps) & within(stamps, spans.get(name))
        report.devices[name] += int(np.count_nonzero(where))
    report.left_out += int(np.count_nonzero(~wanted))
    kept = chunk.take(wanted)
    report.first += _first(kept, owners.request)[: FIRST - len(report.first)]
    if kept.ts_ms.size:
        sent = SentReadings.of(device_ids[wanted], kept.ts_ms, **kept.columns)
        known = {device.id: device for device in owners.known.values()}
        verdicts = take_in(session, known, sent, now=owners.now)
        _count(report, kept, verdicts)
        _note_times(report, owners, sent, verdicts)


def _first(chunk: Chunk, request: ImportRequest) -> list[FirstReading]:
    """Give the first readings of a chunk."""
    said = []
    for at in range(min(FIRST, chunk.ts_ms.size)):
        values = {name: float(column[at]) for name, column in chunk.columns.items() if not np.isnan(column[at])}
        device = str(request.device if chunk.devices is None else chunk.devices[at])
        said.append(FirstReading(device, moment_of(int(chunk.ts_ms[at])), values))
    return said


def _count(report: ImportReport, chunk: Chunk, verdicts: Verdicts) -> None:
    report.accepted += verdicts.count(Outcome.STORED)
    report.duplicates += verdicts.count(Outcome.DUPLICATE)
    report.conflicts += verdicts.count(Outcome.CONFLICT)
    report.quarantined += verdicts.count(Outcome.QUARANTINED)
    stored = verdicts.tests[verdicts.outcome == Outcome.STORED]
    for quantity, mask in zip(CHANNELS, unpack_tests(stored), strict=True):
        if quantity in chunk.columns:
            _add_tests(report, quantity, mask)


def _note_times(report: ImportReport, owners: Owners, sent: SentReadings, verdicts: Verdicts) -> None:
    """Remember the times of readings that stand in the history, by device."""
    sound = verdicts.outcome != Outcome.QUARANTINED
    for one in np.unique(sent.device_id[sound]):
        owners.stamps.setdefault(int(one), []).append(sent.ts_ms[sound & (sent.device_id == one)])


def _add_tests(report: ImportReport, quantity: str, mask: np.ndarray) -> None:
    for test in Test:
        count = int(np.count_nonzero(mask & test))
        if count and test is Test.MISSING:
            report.missing[quantity] += count
        elif count and test is not Test.GAP:
            report.flagged[quantity, str(test.name).lower().replace("_", " ")] += count


def _recount_flags(engine: Engine, report: ImportReport, owners: Owners, measured: Iterable[str]) -> None:
    """Count the flags again now that neighbours have been compared, over the span of the file."""
    report.flagged, report.missing = Counter(), Counter()
    for device_id, parts in owners.stamps.items():
        first_ms, last_ms = min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)
        with session_scope(engine) as session:
            span = moment_of(first_ms), moment_of(last_ms + 1)
            tests = readings_frame(session, device_id, *span, columns=("tests",))["tests"]
        for quantity, mask in zip(CHANNELS, unpack_tests(tests), strict=True):
            if quantity in measured:
                _add_tests(report, quantity, mask)


def _sum_up(report: ImportReport, owners: Owners) -> None:
    """Say of whom and of when the file was."""
    report.new_devices = owners.new
    if not report.device:
        names = list(report.devices)
        report.device = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    stamps = {one: np.concatenate(parts) for one, parts in owners.stamps.items()}
    if stamps:
        report.first_at = moment_of(min(int(each.min()) for each in stamps.values()))
        report.last_at = moment_of(max(int(each.max()) for each in stamps.values()))
        steps = [step for each in stamps.values() if (step := median_step_s(each)) is not None]
        report.interval_s = float(np.median(steps)) if steps else None
