"""What an export selects: the columns of its lines, and the SQL behind each of them.

COPY takes no bound parameters. So a statement is put together of the words of this file and of typed values (numbers,
times, names of columns that the caller checked); what people wrote (sites, zones) is selected from its table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

import pandas as pd
from psycopg import sql

from models.read.export_kinds import CHANNEL, PREFIX, Dialect, ExportQuery, Resolution
from models.read.export_rows import flag, source_rows


@unique
class Kind(StrEnum):
    """What a column holds, for files whose columns have types."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its name, what is selected for it, and what that is."""

    name: str
    expression: sql.Composable
    kind: Kind = Kind.TEXT


def column_names(query: ExportQuery) -> list[str]:
    """Give the names of the columns, in order."""
    return [column.name for column in (*_place(0), *_times(query), *_values(query, None))]


def value_columns(query: ExportQuery) -> dict[str, Kind]:
    """Give what stands behind the place and the times, in order."""
    return {column.name: column.kind for column in _values(query, None)}


def copy_statement(
    query: ExportQuery, device_id: int, start: datetime, end: datetime, bands: pd.DataFrame | None
) -> sql.Composed:
    """Write the COPY of one device in ``[start, end)``, in time order; local times are of the session's time zone.

    ``bands`` as :func:`models.read.targets.bands_frame` gives them, for the details "bands".
    """
    columns = (*_place(device_id), *_times(query), *_values(query, bands))
    return _copy([one.expression for one in columns], source_rows(query, [device_id], start, end), query)


def copy_values(
    query: ExportQuery, device_id: int, start: datetime, end: datetime, bands: pd.DataFrame | None
) -> sql.Composed:
    """Write the COPY of the values of one device: the time in milliseconds of Unix, then :func:`value_columns`."""
    query = replace(query, dialect=Dialect())
    columns = [_MILLISECONDS, *(column.expression for column in _values(query, bands))]
    return _copy(columns, source_rows(query, [device_id], start, end), query)


def copy_beside(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composed:
    """Write the COPY of many devices in time order: as :func:`copy_values`, behind the number of the device."""
    query = replace(query, dialect=Dialect())
    columns = [sql.Identifier("device_id"), _MILLISECONDS, *(column.expression for column in _values(query, None))]
    return _copy(columns, source_rows(query, device_ids, start, end), query)


#: A double holds the milliseconds of all times that a reading can have exactly, and is made faster than a numeric.
_MILLISECONDS = sql.SQL("(date_part('epoch', t) * 1000)::bigint")


def _copy(columns: Sequence[sql.Composable], rows: sql.Composable, query: ExportQuery) -> sql.Composed:
    return sql.SQL(
        "COPY (SELECT {columns} FROM ({source}) AS r ORDER BY t) TO STDOUT (FORMAT csv, DELIMITER {delimiter})"
    ).format(columns=sql.SQL(", ").join(columns), source=rows, delimiter=sql.Literal(query.dialect.delimiter))


def _values(query: ExportQuery, bands: pd.DataFrame | None) -> list[Column]:
    columns = _reading_columns(query) if query.resolution is Resolution.RAW else _step_columns(query)
    return columns + (_band_columns(query, bands) if "bands" in query.details else [])


def _place(device_id: int) -> list[Column]:
    """Say where it was measured: each a subquery without a link to the rows, so it is run once."""
    site = "SELECT {} FROM devices d LEFT JOIN sites s ON s.id = d.site_id WHERE d.id = {}"
    safe = {"device": sql.SQL("d.name"), "site": _harmless("s.name"), "zone": _harmless("d.zone")}
    return [
        Column(name, sql.SQL("(" + site + ")").format(expression, sql.Literal(device_id)))
        for name, expression in safe.items()
    ]


def _harmless(text: str) -> sql.Composable:
    """Keep what people wrote on one line, and from being a formula of a spreadsheet.

    An apostrophe before a formula gets one more, so that a guard can be told from what was written.
    """
    on_a_line = f"regexp_replace({text}, '[[:cntrl:]]+', ' ', 'g')"
    return sql.SQL(f"regexp_replace({on_a_line}, '^(?=''*[-=+@－＝＋＠])', '''')")


def _times(query: ExportQuery) -> list[Column]:
    word = query.resolution.word
    iso = 'YYYY-MM-DD"T"HH24:MI:SS.MS'
    utc = Column(f"{word}_utc", sql.SQL(f"to_char(t AT TIME ZONE 'UTC', '{iso}\"Z\"')"))
    if not query.dialect.spreadsheet:
        return [Column(f"{word}_local", sql.SQL(f"to_char(t, '{iso}TZH:TZM')")), utc]
    local = Column(f"{word}_local", sql.SQL("to_char(t, 'YYYY-MM-DD HH24:MI:SS')"))
    return [local, Column("utc_offset", sql.SQL("to_char(t, '\"UTC\"TZH:TZM')")), utc]


def _reading_columns(query: ExportQuery) -> list[Column]:
    columns = [
        Column(query.names[name], _number(query, name, sql.Identifier(name)), Kind.NUMBER) for name in query.fields
    ]
    if "flags" in query.details:
        columns += [Column(f"{PREFIX[name]}_flag", flag(name), Kind.FLAG) for name in query.fields]
    if "tests" in query.details:
        columns += [Column(f"{PREFIX[name]}_tests", _test_names(query.tests, name)) for name in query.fields]
    if "calibrations" in query.details:
        names = [f"{PREFIX[name]}_calibration_id" for name in query.fields if name != "water_c"]
        columns += [Column(name, sql.Identifier(name), Kind.COUNT) for name in names]
    if "sent" in query.details:
        columns += [Column(f"{name}_mv", sql.Identifier(f"{name}_mv"), Kind.NUMBER) for name in ("ph", "ec")]
        sent = {"ph_sent": "ph_sent", "ec_sent_us_cm": "ec_sent"}
        columns += [Column(name, sql.Identifier(stored), Kind.NUMBER) for name, stored in sent.items()]
    return columns


def _step_columns(query: ExportQuery) -> list[Column]:
    columns = [Column("readings", sql.Identifier("n"), Kind.COUNT)]
    for name in query.fields:
        for part in query.parts:
            value = _number(query, name, sql.Identifier(f"{PREFIX[name]}_{part}"))
            columns.append(Column(f"{query.names[name]}_{part}", value, Kind.NUMBER))
    prefixes = [PREFIX[name] for name in query.fields]
    return columns + [
        Column(f"{prefix}_readings_used", sql.Identifier(f"{prefix}_n"), Kind.COUNT) for prefix in prefixes
    ]


def _number(query: ExportQuery, quantity: str, value: sql.Composable) -> sql.Composable:
    """Write a stored value exactly, a converted one without the noise of the conversion."""
    if quantity == "ec_us_cm" and query.ec_factor != 1.0:
        value = sql.SQL("({} * {})::numeric").format(value, sql.Literal(query.ec_factor))
    return sql.SQL("replace(({})::text, '.', ',')").format(value) if query.dialect.decimal_comma else value


def _test_names(tests: Mapping[int, str], quantity: str) -> sql.Composable:
    """Name the tests that did not pass; nearly every reading passed them all, and costs one comparison."""
    mask = sql.SQL("((tests >> {}) & 65535)").format(sql.Literal(16 * CHANNEL[quantity]))
    named = [
        sql.SQL("CASE WHEN {} & {} <> 0 THEN {} END").format(mask, sql.Literal(bit), sql.Literal(name))
        for bit, name in tests.items()
    ]
    names = sql.SQL(", ").join([sql.Literal("+"), *named])
    return sql.SQL("CASE WHEN {} <> 0 THEN concat_ws({}) END").format(mask, names)


def _band_columns(query: ExportQuery, bands: pd.DataFrame | None) -> list[Column]:
    spans: dict[str, list[tuple[datetime, datetime, float, float]]] = {name: [] for name in query.fields}
    if bands is not None:
        wanted = (bands[name] for name in ("quantity", "start", "end", "low", "high"))
        for quantity, start, end, low, high in zip(*wanted, strict=True):
            spans.get(quantity, []).append((start.to_pydatetime(), end.to_pydatetime(), float(low), float(high)))
    columns = []
    for name in query.fields:
        limits = {
            "low": _limit([(start, end, low) for start, end, low, _ in spans[name]]),
            "high": _limit([(start, end, high) for start, end, _, high in spans[name]]),
        }
        for edge, limit in limits.items():
            columns.append(Column(f"{query.names[name]}_band_{edge}", _number(query, name, limit), Kind.NUMBER))
    return columns


def _limit(spans: Sequence[tuple[datetime, datetime, float]]) -> sql.Composable:
    cases = "".join(
        f" WHEN t >= '{start.isoformat()}' AND t < '{end.isoformat()}' THEN {limit!r}::float8"
        for start, end, limit in spans
    )
    return sql.SQL("CASE" + cases + " WHEN false THEN 0::float8 END")  # nothing but numbers and times of our own
