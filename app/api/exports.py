"""``/export…``: readings of any set of devices over any span, as a file that streams."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_file
from msgspec import Struct
from sqlalchemy import Engine

from app.api.wire import Stamp, written
from app.components.conductivity import ConductivityUnit
from app.exports import Asker, ExportRequest, Exports, Layout, Packing, Selection, UnknownExport, estimate
from app.exports.records import Records, records_csv
from app.exports.request import DETAILS, DIALECTS, EARLIEST, LATEST, OF_THE_SITE, QUANTITIES
from app.jobs.rollups import refresh_dirty_hours
from app.principal import current_user
from ingest_api.admission import Admits, admits
from ingest_api.history import END, START, asked_span
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.parameters import Parameter, one_of, refused, some_of, words
from ingest_api.principals import current_principal, current_reader
from ingest_api.timestamps import format_moment, moment_of, parse_ms, shown
from models.db import session_scope
from models.errors import DeviceNameInvalid
from models.names import checked_name, expand_names
from models.read.export_kinds import Resolution
from models.read.exports import ExportRecord

# Whoever asks for hourly means waits for this many; the rest of a large import is left to the background job.
_MOST_DIRTY_HOURS = 200


def _names(given: str) -> list[str]:
    try:
        return expand_names(given[:20_000])
    except DeviceNameInvalid as error:
        raise ValueError(f"{shown(given)} is no list of devices such as pi-1,pi-4..pi-9") from error


def _cursor(given: str) -> tuple[str | None, datetime]:
    name, _, stamp = given.rpartition(",")
    try:
        return checked_name(name) if name else None, moment_of(parse_ms(stamp))
    except (DeviceNameInvalid, ValueError) as error:
        raise ValueError(f"{shown(given)} is no device and time such as pi-7,2026-11-23T00:30:00.000Z") from error


_DEVICES = Parameter(
    "devices",
    "Only these, such as pi-1,pi-4..pi-9; all that may be read, retired ones too, if it is not given.",
    {"type": "string", "example": "pi-1,pi-4..pi-9"},
    _names,
)
_SITE = words("site", "Only devices of this site.")
_CROP = words("crop", "Only devices with this crop in the span, by its key such as lettuce.", longest=63)
_RESOLUTION = one_of(
    "resolution", "Single readings, or steps counted from midnight UTC.", tuple(Resolution), default="raw"
)
_FIELDS = some_of("fields", "Only these quantities, separated by commas.", QUANTITIES)
_UNIT = one_of("unit", "How conductivity is written.", tuple(ConductivityUnit), default="us-cm")
_DETAILS = some_of(
    "details",
    "What stands beside the values, 'none' for none: of readings all but 'sent' (millivolts and values as they were "
    "sent) unless told otherwise, of steps only the bands. "
    "Wide tables have none unless told otherwise, and room for flags.",
    (*DETAILS, "none"),
)
_QUALITY = one_of(
    "quality",
    "All readings, or only what is flagged good or not evaluated; steps are always made of these.",
    ("all", "usable"),
    default="all",
)
_VALUES = one_of(
    "values", "As corrected by later calibrations, or as first derived.", ("corrected", "measured"), default="corrected"
)
_TZ = words("tz", "Time zone of local times, such as Asia/Jakarta; 'site' for that of each device.", longest=63)
_DIALECT = one_of(
    "dialect",
    "For programs, or for Excel with English or Indonesian settings (semicolons and decimal commas).",
    DIALECTS,
    default="plain",
)
_LAYOUT = one_of(
    "layout",
    "A row for each reading or step of each device, or one for each time with columns for every device.",
    tuple(Layout),
    default="long",
)
_PREAMBLE = one_of(
    "preamble", "Text begins with lines '# name: value' before the head, which say what was asked for.", ("no", "yes")
)
_CURSOR = Parameter(
    "cursor",
    "To go on where a file was cut off: device and UTC time of its last whole line, with a comma between them; of a "
    "wide table the time alone. Text comes without its head, other formats as a whole file with the rest.",
    {"type": "string"},
    _cursor,
)
_QUERY = (
    *(_DEVICES, _SITE, _CROP, START, END, _RESOLUTION, _FIELDS, _UNIT, _DETAILS),
    *(_QUALITY, _VALUES, _TZ, _LAYOUT, _DIALECT, _PREAMBLE, _CURSOR),
)
_RECORDS = (_DEVICES, _SITE, _CROP, START, END)
_PROBLEMS = ("unknown-device", "refused", "busy")
_TEXT = {"type": "string"}
_FILE = {"type": "string", "contentEncoding": "binary"}


class ExportEstimate(Struct):
    """About how big an export will be: made from the hourly sums, in no time."""

    devices: int
    rows: int
    bytes: int


class ExportSidecar(Struct):
    """What became of an export: ``rows`` and ``sha256`` of its bytes are there once it is done."""

    id: int
    state: str
    rows: int | None
    sha256: str | None
    query: dict[str, Any]
    started_at: Stamp
    finished_at: Stamp | None


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    exports = Exports(engine, clock)
    _add_files(blueprint, engine, clock, exports)
    _add_words(blueprint, engine, clock, exports)
    _add_kept(blueprint, exports)
    _add_records(blueprint, engine, clock)


def _add_files(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime], exports: Exports) -> None:
    def refresh(device_ids: list[int]) -> None:
        refresh_dirty_hours(engine, now=clock(), device_ids=device_ids, limit=_MOST_DIRTY_HOURS)

    @blueprint.get("/export.csv")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export readings", query=_QUERY, answer={"text/csv": _TEXT}, problems=_PROBLEMS)
    def export_csv() -> Response:
        """Device by device in time order, without a limit. ``X-Export`` names the export, for its digest."""
        return _stream(exports, _asked(clock(), Packing.CSV), refresh)

    @blueprint.get("/export.csv.gz")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export readings, packed", query=_QUERY, answer={Packing.GZIP.media_type: _TEXT}, problems=_PROBLEMS)
    def export_packed() -> Response:
        """The same file, about a ninth of the size."""
        return _stream(exports, _asked(clock(), Packing.GZIP), refresh)

    @blueprint.get("/export.parquet")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export as Parquet", query=_QUERY, answer={Packing.PARQUET.media_type: _FILE}, problems=_PROBLEMS)
    def export_parquet() -> Response:
        """Typed columns in row groups, with the question, the units and the versions in the file's metadata."""
        return _stream(exports, _asked(clock(), Packing.PARQUET), refresh)

    @blueprint.get("/export.xlsx")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export as a workbook", query=_QUERY, answer={Packing.XLSX.media_type: _FILE}, problems=_PROBLEMS)
    def export_workbook() -> Response:
        """For Excel: real numbers and dates, a new sheet after 1 048 576 rows, and a sheet about the file."""
        return _stream(exports, _asked(clock(), Packing.XLSX), refresh)


def _add_words(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime], exports: Exports) -> None:
    @blueprint.get("/export/estimate")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Guess the size of an export", query=_QUERY, answer=ExportEstimate, problems=_PROBLEMS[:2])
    def export_estimate() -> Response:
        """Lines and bytes of the file that is not packed."""
        asked = _asked(clock(), Packing.CSV)
        with session_scope(engine) as session:
            found = estimate(session, asked, current_reader().may_read)
        return answer(ExportEstimate(found.devices, found.rows, found.bytes))

    @blueprint.get("/exports/<int(max=9223372036854775807):export_id>")
    @admits(Admits.READER, Admits.PERSON)
    @operation("What became of an export", answer=ExportSidecar, problems=("unknown-item",))
    def export_sidecar(export_id: int) -> Response:
        """Keep it beside the file: the question, the number of lines, and the digest to check it with."""
        return answer(_sidecar(exports.find(export_id, current_reader().may_read)))


def _add_kept(blueprint: Blueprint, exports: Exports) -> None:
    @blueprint.get("/exports/<int(max=9223372036854775807):export_id>/file")
    @admits(Admits.READER, Admits.PERSON)
    @operation(
        "The file of an export on a schedule",
        answer={"application/octet-stream": _FILE},
        problems=("unknown-item",),
    )
    def export_file(export_id: int) -> Response:
        """As the server keeps it; exports that were downloaded are kept by nobody."""
        kept = exports.find(export_id, current_reader().may_read).file
        if kept is None or not Path(kept).is_file():
            raise UnknownExport(export_id)
        answer = send_file(kept, mimetype="application/octet-stream", as_attachment=True, max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _add_records(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    def records(kind: Records) -> Response:
        blocks = records_csv(engine, kind, _asked(clock(), Packing.CSV), current_reader().may_read)
        headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"', "Cache-Control": "no-store"}
        return Response(blocks, content_type=Packing.CSV.media_type, headers=headers)

    @blueprint.get("/export/calibrations.csv")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export calibrations", query=_RECORDS, answer={"text/csv": _TEXT}, problems=_PROBLEMS[:2])
    def export_calibrations() -> Response:
        """All of the devices, voided ones too; the numbers are those of ``ph_calibration_id`` in exported readings."""
        return records(Records.CALIBRATIONS)

    @blueprint.get("/export/events.csv")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Export events", query=_RECORDS, answer={"text/csv": _TEXT}, problems=_PROBLEMS[:2])
    def export_events() -> Response:
        """What touches the span, found or told by people, hidden ones too."""
        return records(Records.EVENTS)


def _stream(exports: Exports, asked: ExportRequest, refresh: Callable[[list[int]], None]) -> Response:
    media_type = asked.packing.media_type
    if request.method == "HEAD":  # nobody would read the stream, and nobody close it
        return Response(content_type=media_type, headers={"Cache-Control": "no-store"})
    stream = exports.open(asked, _asker(), refresh_hours=refresh)
    headers = {
        "Content-Disposition": f'attachment; filename="{stream.file_name}"',
        "Cache-Control": "no-store",
        "X-Export": str(stream.id),
    }
    return Response(stream, content_type=media_type, headers=headers)


def _asker() -> Asker:
    principal, user = current_principal(), current_user()
    if user is not None and principal is not None and principal.kind == "person":
        return Asker(user.name, user.id, current_reader().may_read)
    name = ":".join(principal) if principal else "nobody"
    return Asker(name, None, current_reader().may_read)


def _asked(now: datetime, packing: Packing) -> ExportRequest:
    start, end = asked_span(now, usual=timedelta(days=1))
    if not EARLIEST <= start < end <= LATEST:
        raise refused("start", "the start must lie before the end, and both between the years 1990 and 2099")
    resolution = Resolution(_RESOLUTION.read_or("raw"))
    return ExportRequest(
        Selection(_DEVICES.read(), _SITE.read(), _CROP.read()),
        start,
        end,
        resolution=resolution,
        fields=tuple(_FIELDS.read_or(list(QUANTITIES))),
        unit=ConductivityUnit(_UNIT.read_or("us-cm")),
        details=_details(),
        measured=_VALUES.read() == "measured",
        usable_only=_QUALITY.read() == "usable",
        time_zone=_TZ.read_or(OF_THE_SITE),
        dialect=_DIALECT.read_or("plain"),
        layout=Layout(_LAYOUT.read_or("long")),
        packing=packing,
        preamble=_PREAMBLE.read() == "yes",
        after=_CURSOR.read(),
    )


def _details() -> frozenset[str] | None:
    given = _DETAILS.read()
    if given is None:
        return None
    if "none" in given and len(given) > 1:
        raise refused("details", "'none' stands alone")
    return frozenset(given) - {"none"}


def _sidecar(found: ExportRecord) -> ExportSidecar:
    return ExportSidecar(
        found.id,
        found.state,
        found.rows if found.finished_at else None,
        found.sha256,
        dict(found.query),
        format_moment(found.created_at),
        written(found.finished_at),
    )
