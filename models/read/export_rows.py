"""Where the rows of an export come from: readings, steps made of them, or the hourly and daily sums."""

from collections.abc import Callable, Sequence
from datetime import datetime

from psycopg import sql

from models.read.export_kinds import CHANNEL, PREFIX, ExportQuery, Resolution

#: The origin of all steps, as on the pages: midnight UTC.
_ORIGIN = sql.SQL("timestamptz '2000-01-01 00:00+00'")


def source_rows(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composable:
    """Write the SELECT of the rows of some devices in ``[start, end)``: ``device_id``, ``t``, and the values."""
    sources: dict[Resolution, Callable[..., sql.Composable]] = {Resolution.HOUR: _hours, Resolution.DAY: _days}
    if query.resolution is Resolution.RAW:
        source: Callable[..., sql.Composable] = _readings
    else:
        source = _steps if query.measured else sources.get(query.resolution, _steps)
    return source(query, device_ids, start, end)


def flag(quantity: str) -> sql.Composable:
    """Pick the QARTOD flag of a quantity out of the packed ones."""
    return sql.SQL("((quality >> {}) & 15)").format(sql.Literal(4 * CHANNEL[quantity]))


def _is_usable(quantity: str) -> sql.Composable:
    """Only flags 1 good and 2 not evaluated enter a statistic."""
    return sql.SQL("{} IN (1, 2)").format(flag(quantity))


def _readings(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composable:
    values = [_value(query, name) for name in PREFIX]
    kept: sql.Composable = sql.SQL("")
    if query.usable_only:
        kept = sql.SQL(" AND ({})").format(sql.SQL(" OR ").join([_is_usable(name) for name in query.fields]))
    return sql.SQL(
        "SELECT device_id, ts AS t, {}, quality, tests, ph_calibration_id, ec_calibration_id, ph_mv, ec_mv, "
        "ph_sent, ec_sent FROM readings WHERE {}{}"
    ).format(sql.SQL(", ").join(values), _where("ts", device_ids, start, end), kept)


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


def _steps(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composable:
    parts = []
    for name, prefix in PREFIX.items():
        usable, value = _is_usable(name), _stored(query, name)
        for function, part in (("avg", "mean"), ("min", "min"), ("max", "max"), ("count", "n")):
            parts.append(
                sql.SQL("{}({}) FILTER (WHERE {}) AS {}").format(
                    sql.SQL(function), value, usable, sql.Identifier(f"{prefix}_{part}")
                )
            )
    return sql.SQL(
        "SELECT device_id, date_bin({}, ts, {}) AS t, count(*) AS n, {} FROM readings WHERE {} GROUP BY 1, 2"
    ).format(
        sql.Literal(query.resolution.width), _ORIGIN, sql.SQL(", ").join(parts), _where("ts", device_ids, start, end)
    )


def _hours(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composable:
    return sql.SQL("SELECT device_id, hour AS t, n, {} FROM reading_hours WHERE {}").format(
        _rollup_columns(), _where("hour", device_ids, start, end)
    )


def _days(query: ExportQuery, device_ids: Sequence[int], start: datetime, end: datetime) -> sql.Composable:
    return sql.SQL("SELECT device_id, day::timestamp AT TIME ZONE 'UTC' AS t, n, {} FROM reading_days WHERE {}").format(
        _rollup_columns(), _where("day", device_ids, start.date(), end.date())
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


def _where(column: str, device_ids: Sequence[int], start: object, end: object) -> sql.Composable:
    """Compare the column itself with plain values, so that other months are not even opened.

    One device is asked for by ``=``: only then does the database know that its key is the order of time.
    """
    ids = sql.SQL(", ").join(map(sql.Literal, device_ids))
    theirs = sql.SQL("device_id = {}" if len(device_ids) == 1 else "device_id IN ({})").format(ids)
    column_name = sql.Identifier(column)
    return sql.SQL("{} AND {} >= {} AND {} < {}").format(
        theirs, column_name, sql.Literal(start), column_name, sql.Literal(end)
    )
