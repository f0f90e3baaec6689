"""What an export selects: the columns of its lines, and the SQL behind each of them.

COPY takes no bound parameters. So a statement is put together of the words of this file and of typed values (numbers,
times, names of columns that the caller checked); what people wrote (sites, zones) is selected from its table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import NamedTuple

import pandas as pd
from psycopg import sql

#: Quantity -> how its columns begin in the rollup tables and in the names of flags, and which bits are its own.
PREFIX = {"ph": "ph", "ec_us_cm": "ec", "water_c": "water"}
_CHANNEL = {"ph": 0, "ec_us_cm": 1, "water_c": 2}
_DAY = timedelta(days=1)
#: The origin of all steps, as on the pages: midnight UTC.
_ORIGIN = sql.SQL("timestamptz '2000-01-01 00:00+00'")


@unique
class Resolution(StrEnum):
    """What one line stands for: a reading, or a step counted from midnight UTC."""

    RAW = "raw"
    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        """How long a step is; a millisecond, the finest difference there is, for single readings."""
        return _WIDTHS[self]

    @property
    def word(self) -> str:
        """How the columns of its time begin."""
        return _WORDS.get(self, "step")


_WIDTHS = {
    Resolution.RAW: timedelta(milliseconds=1),
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.FIVE_MINUTES: timedelta(minutes=5),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: _DAY,
}
_WORDS = {Resolution.RAW: "time", Resolution.HOUR: "hour", Resolution.DAY: "day"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How values are written: for programs, or as a spreadsheet of some country takes them for numbers and times."""

    delimiter: str = ","
    decimal_comma: bool = False
    #: True writes local times without offset or fraction, which is what spreadsheets recognise.
    spreadsheet: bool = False


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What to select of every device.

    ``fields`` are quantities; ``names`` gives each of them its column name, ``ec_factor`` the unit of EC (1 for µS/cm).
    ``tests`` names the bits of a channel's tests. ``measured`` asks for values as first derived, ``usable_only`` leaves
    out readings that are flagged suspect or failed (steps are always made of the usable ones).
    """

    resolution: Resolution
    fields: Sequence[str]
    names: Mapping[str, str]
    ec_factor: float = 1.0
    details: frozenset[str] = frozenset()
    tests: Mapping[int, str] = field(default_factory=dict)
    measured: bool = False
    usable_only: bool = False
    dialect: Dialect = Dialect()


class Column(NamedTuple):
    """A column of the file: its name, and what is selected for it."""

    name: str
    expression: sql.Composable


def column_names(query: ExportQuery) -> list[str]:
    """Give the names of the columns, in order."""
    return [column.name for column in _columns(query, 0, None)]


def copy_statement(
    query: ExportQuery, device_id: int, start: datetime, end: datetime, bands: pd.DataFrame | None
) -> sql.Composed:
    """Write the COPY of one device in ``[start, end)``, in time order; local times are of the session's time zone.

    ``bands`` as :func:`models.read.targets.bands_frame` gives them, for the details "bands".
    """
    columns = [column.expression for column in _columns(query, device_id, bands)]
    source = {Resolution.RAW: _readings, Resolution.HOUR: _hours, Resolution.DAY: _days}.get(query.resolution, _steps)
    if query.measured and query.resolution is not Resolution.RAW:
        source = _steps
    return sql.SQL(
        "COPY (SELECT {columns} FROM ({source}) AS r ORDER BY t) TO STDOUT (FORMAT csv, DELIMITER {delimiter})"
    ).format(
        columns=sql.SQL(", ").join(columns),
        source=source(query, device_id, start, end),
        delimiter=sql.Literal(query.dialect.delimiter),
    )


def _columns(query: ExportQuery, device_id: int, bands: pd.DataFrame | None) -> list[Column]:
    columns = [*_place(device_id), *_times(query)]
    columns += _reading_columns(query) if query.resolution is Resolution.RAW else _step_columns(query)
    if "bands" in query.details:
        columns += [column for name in query.fields for column in _band(query, name, bands)]
    return columns


def _place(device_id: int) -> list[Column]:
    """Say where it was measured: each a subquery without a link to the rows, so it is run once."""
    site = "SELECT {} FROM devices d LEFT JOIN sites s ON s.id = d.site_id WHERE d.id = {}"
    safe = {"device": sql.SQL("d.name"), "site": _harmless("s.name"), "zone": _harmless("d.zone")}
    return [
        Column(name, sql.SQL("(" + site + ")").format(expression, sql.Literal(device_id)))
        for name, expression in safe.items()
    ]


def _harmless(text: str) -> sql.Composable:
    """Keep what people wrote on one line, and from being a formula of a spreadsheet."""
    on_a_line = f"regexp_replace({text}, '[[:cntrl:]]+', ' ', 'g')"
    return sql.SQL(f"regexp_replace({on_a_line}, '^(?=[-=+@－＝＋＠])', '''')")


def _times(query: ExportQuery) -> list[Column]:
    word = query.resolution.word
    iso = 'YYYY-MM-DD"T"HH24:MI:SS.MS'
    utc = Column(f"{word}_utc", sql.SQL(f"to_char(t AT TIME ZONE 'UTC', '{iso}\"Z\"')"))
    if not query.dialect.spreadsheet:
        return [Column(f"{word}_local", sql.SQL(f"to_char(t, '{iso}TZH:TZM')")), utc]
    local = Column(f"{word}_local", sql.SQL("to_char(t, 'YYYY-MM-DD HH24:MI:SS')"))
    return [local, Column("utc_offset", sql.SQL("to_char(t, '\"UTC\"TZH:TZM')")), utc]


def _reading_columns(query: ExportQuery) -> list[Column]:
    columns = [Column(query.names[name], _number(query, name, sql.Identifier(name))) for name in query.fields]
    if "flags" in query.details:
        columns += [Column(f"{PREFIX[name]}_flag", _flag(name)) for name in query.fields]
    if "tests" in query.details:
        columns += [Column(f"{PREFIX[name]}_tests", _test_names(query.tests, name)) for name in query.fields]
    if "calibrations" in query.details:
        names = [f"{PREFIX[name]}_calibration_id" for name in query.fields if name != "water_c"]
        columns += [Column(name, sql.Identifier(name)) for name in names]
    return columns


def _step_columns(query: ExportQuery) -> list[Column]:
    columns = [Column("readings", sql.Identifier("n"))]
    for name in query.fields:
        for part in ("mean", "min", "max"):
            value = _number(query, name, sql.Identifier(f"{PREFIX[name]}_{part}"))
            columns.append(Column(f"{query.names[name]}_{part}", value))
    prefixes = [PREFIX[name] for name in query.fields]
    return columns + [Column(f"{prefix}_readings_used", sql.Identifier(f"{prefix}_n")) for prefix in prefixes]


def _number(query: ExportQuery, quantity: str, value: sql.Composable) -> sql.Composable:
    """Write a stored value exactly, a converted one without the noise of the conversion."""
    if quantity == "ec_us_cm" and query.ec_factor != 1.0:
        value = sql.SQL("({} * {})::numeric").format(value, sql.Literal(query.ec_factor))
    return sql.SQL("replace(({})::text, '.', ',')").format(value) if query.dialect.decimal_comma else value


def _flag(quantity: str) -> sql.Composable:
    return sql.SQL("((quality >> {}) & 15)").format(sql.Literal(4 * _CHANNEL[quantity]))


def _is_usable(quantity: str) -> sql.Composable:
    """Only flags 1 good and 2 not evaluated enter a statistic."""
    return sql.SQL("{} IN (1, 2)").format(_flag(quantity))


def _test_names(tests: Mapping[int, str], quantity: str) -> sql.Composable:
    """Name the tests that did not pass; nearly every reading passed them all, and costs one comparison."""
    mask = sql.SQL("((tests >> {}) & 65535)").format(sql.Literal(16 * _CHANNEL[quantity]))
    named = [
        sql.SQL("CASE WHEN {} & {} <> 0 THEN {} END").format(mask, sql.Literal(bit), sql.Literal(name))
        for bit, name in tests.items()
    ]
    names = sql.SQL(", ").join([sql.Literal("+"), *named])
    return sql.SQL("CASE WHEN {} <> 0 THEN concat_ws({}) END").format(mask, names)


def _band(query: ExportQuery, quantity: str, bands: pd.DataFrame | None) -> list[Column]:
    wanted = ["start", "end", "low", "high"]
    spans = [] if bands is None else bands.loc[bands["quantity"] == quantity, wanted].to_dict("records")
    columns = []
    for edge in ("low", "high"):
        limits = [
            sql.SQL("WHEN t >= {} AND t < {} THEN {}::float8").format(
                sql.Literal(span["start"].to_pydatetime()),
                sql.Literal(span["end"].to_pydatetime()),
                sql.Literal(float(span[edge])),
            )
            for span in spans
        ]
        cases = sql.SQL(" ").join([*limits, sql.SQL("WHEN false THEN 0::float8")])
        limit = sql.SQL("CASE {} END").format(cases)
        columns.append(Column(f"{query.names[quantity]}_band_{edge}", _number(query, quantity, limit)))
    return columns


def _readings(query: ExportQuery, device_id: int, start: datetime, end: datetime) -> sql.Composable:
    values = [_value(query, name) for name in PREFIX]
    kept: sql.Composable = sql.SQL("")
    if query.usable_only:
        kept = sql.SQL(" AND ({})").format(sql.SQL(" OR ").join([_is_usable(name) for name in query.fields]))
    return sql.SQL(
        "SELECT ts AS t, {}, quality, tests, ph_calibration_id, ec_calibration_id FROM readings WHERE {}{}"
    ).format(sql.SQL(", ").join(values), _where("ts", device_id, start, end), kept)


def _value(query: ExportQuery, name: str) -> sql.Composable:
    value = _stored(query, name)
    if query.usable_only:
        value = sql.SQL("CASE WHEN {} THEN {} END").format(_is_usable(name), value)
    return sql.SQL("{} AS {}").format(value, sql.Identifier(name))


def _stored(query: ExportQuery, name: str) -> sql.Composable:
    """Give what is stored; of what was first derived, NaN means that there was nothing."""
    if query.measured and name != "water_c":
        first = sql.Identifier(f"{PREFIX[name]}_measured")
        return sql.SQL("nullif(coalesce({}, {}), 'NaN')").format(first, sql.Identifier(name))
    return sql.Identifier(name)


def _steps(query: ExportQuery, device_id: int, start: datetime, end: datetime) -> sql.Composable:
    parts = []
    for name, prefix in PREFIX.items():
        usable, value = _is_usable(name), _stored(query, name)
        for function, part in (("avg", "mean"), ("min", "min"), ("max", "max"), ("count", "n")):
            parts.append(
                sql.SQL("{}({}) FILTER (WHERE {}) AS {}").format(
                    sql.SQL(function), value, usable, sql.Identifier(f"{prefix}_{part}")
                )
            )
    return sql.SQL("SELECT date_bin({}, ts, {}) AS t, count(*) AS n, {} FROM readings WHERE {} GROUP BY 1").format(
        sql.Literal(query.resolution.width), _ORIGIN, sql.SQL(", ").join(parts), _where("ts", device_id, start, end)
    )


def _hours(query: ExportQuery, device_id: int, start: datetime, end: datetime) -> sql.Composable:
    return sql.SQL("SELECT hour AS t, n, {} FROM reading_hours WHERE {}").format(
        _rollup_columns(), _where("hour", device_id, start, end)
    )


def _days(query: ExportQuery, device_id: int, start: datetime, end: datetime) -> sql.Composable:
    return sql.SQL("SELECT day::timestamp AT TIME ZONE 'UTC' AS t, n, {} FROM reading_days WHERE {}").format(
        _rollup_columns(), _where("day", device_id, start.date(), end.date())
    )


def _rollup_columns() -> sql.Composable:
    columns = []
    for prefix in PREFIX.values():
        columns += [
            f"{prefix}_sum / nullif({prefix}_n, 0) AS {prefix}_mean",
            f"CASE WHEN {prefix}_n > 0 THEN {prefix}_min END AS {prefix}_min",
            f"CASE WHEN {prefix}_n > 0 THEN {prefix}_max END AS {prefix}_max",
            f"{prefix}_n",
        ]
    return sql.SQL(", ".join(columns))


def _where(column: str, device_id: int, start: object, end: object) -> sql.Composable:
    """Compare the column itself with plain values, so that other months are not even opened."""
    return sql.SQL("device_id = {} AND {} >= {} AND {} < {}").format(
        sql.Literal(device_id), sql.Identifier(column), sql.Literal(start), sql.Identifier(column), sql.Literal(end)
    )
