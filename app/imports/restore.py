"""Another server starts again from an export of everything: readings as they were sent, calibrations, events.

The way of a reading is that of a post: it is derived, judged and summed up anew, by the calibrations that were put back
before. Doing it twice changes nothing.
"""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.flags import Test
from app.exports.records import Records, without_guard
from app.imports.owners import usual_interval_s
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from ingest_api.intake import Outcome, take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.errors import HydrofleetError
from models.read.devices import DeviceRecord, find_device
from models.write.audit import record
from models.write.devices import change_device, register_device
from models.write.restored import (
    continue_numbers,
    ids_by_name,
    people_by_name,
    restore_calibration,
    restore_events,
)

_LINES = 50_000
_NUMBERS = {
    "ph_mv": "ph_mv",
    "ec_mv": "ec_mv",
    "water_c": "water_c",
    "ph_sent": "ph",
    "ec_sent_us_cm": "ec_us_cm",
}
_HINTS = {"ph_tests": "ph_hints", "ec_tests": "ec_hints", "water_tests": "water_hints"}
_NEEDED = {"device", "time_utc", *_NUMBERS}
_TIMES = ("valid_from", "created_at", "voided_at", "started_at", "ended_at", "hidden_at")
_DOCUMENTS = ("parameters", "as_found", "points", "details")
_FIGURES = ("temperature_c", "slope_percent", "offset_mv")


class NotRestored(HydrofleetError):
    """The files are no export of everything; the message says what is missing."""


@dataclass(slots=True)
class Restored:
    """What was put back, and what was there already."""

    devices: list[str] = field(default_factory=list)
    readings: int = 0
    there_already: int = 0
    conflicts: int = 0
    quarantined: int = 0
    calibrations: int = 0
    events: int = 0
    unknown_people: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        """Write the report for a terminal."""
        fates = {
            "readings": self.readings,
            "calibrations": self.calibrations,
            "events": self.events,
            "readings there already": self.there_already,
            "there already with other values (kept as first stored)": self.conflicts,
            "quarantined for an impossible time": self.quarantined,
        }
        said = ", ".join(f"{count:,} {what}" for what, count in fates.items() if count or what == "readings")
        lines = [f"{said}.", *([f"New devices: {', '.join(self.devices)}."] if self.devices else [])]
        if self.unknown_people:
            lines.append(
                f"No account here: {', '.join(sorted(self.unknown_people))}; what they did is kept without a name."
            )
        return "\n".join(lines)


def restore(engine: Engine, path: Path, say: Callable[[str], None], *, clock: Callable[[], datetime]) -> Restored:
    """Put back what ``./hydrofleet export FILE --details …,sent --records`` wrote.

    Raises
    ------
    NotRestored
        If FILE has not what was sent, or one of the files cannot be read.
    """
    done, now = Restored(), clock()
    blocks = _readings(path)
    with session_scope(engine) as session:
        _put_back_calibrations(session, _records(path, Records.CALIBRATIONS), done, now)
    known: dict[str, DeviceRecord] = {}
    for block in blocks:
        with session_scope(engine) as session:
            _put_back_readings(session, block, known, done, now)
        say(f"{done.readings + done.there_already:,} readings")
    with session_scope(engine) as session:
        _put_back_events(session, _records(path, Records.EVENTS), done)
    say("computing flags, hours and days")
    refresh_dirty_hours(engine, now=now)
    return done


def _readings(path: Path) -> Iterator[pd.DataFrame]:
    """Open the file and look at its columns; the readings follow piece by piece."""
    with _in_words(path):
        if path.name.endswith(".parquet"):
            file = pq.ParquetFile(path)
            _require(path, set(file.schema_arrow.names))
            return _pieces(path, (batch.to_pandas() for batch in file.iter_batches(_LINES)))
        above = _lines_above(path)
        _require(path, set(pd.read_csv(path, skiprows=above, nrows=0).columns))
        return _pieces(path, map(_unguarded, pd.read_csv(path, skiprows=above, chunksize=_LINES, low_memory=False)))


def _lines_above(path: Path) -> int:
    """Count the lines about the export that stand above its header; a "#" further down is part of a name."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as lines:
        return sum(1 for _ in takewhile(lambda line: line.startswith(b"#"), lines))


def _unguarded(block: pd.DataFrame) -> pd.DataFrame:
    """Give names of places as they are; a CSV guards them against being taken for formulas."""
    places = [name for name in ("site", "zone") if name in block]
    return block.assign(**{name: block[name].map(_unguarded_name, na_action="ignore") for name in places})


def _unguarded_name(name: object) -> str:
    return without_guard(str(name))


def _pieces(path: Path, pieces: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    with _in_words(path):
        yield from pieces


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError) as error:
        raise NotRestored(f"{path} cannot be read as an export: {error}") from error


def _require(path: Path, columns: set[str]) -> None:
    missing = sorted(_NEEDED - columns)
    if missing:
        how = "export with --details flags,tests,sent --records, in µS/cm and in the long layout"
        raise NotRestored(f"{path} has no {', '.join(missing)}: {how}")


def _put_back_readings(
    session: Session, block: pd.DataFrame, known: dict[str, DeviceRecord], done: Restored, now: datetime
) -> None:
    stamps = pd.DatetimeIndex(pd.to_datetime(block["time_utc"], utc=True, format="ISO8601")).as_unit("ms").asi8
    names = block["device"].to_numpy()
    ids = np.zeros(len(block), dtype=np.int64)
    for name in dict.fromkeys(names.tolist()):
        mine = names == name
        if name not in known:
            known[name] = _device(session, block[mine].iloc[0], stamps[mine], done, now)
        ids[mine] = known[name].id
    columns = {to: block[of].to_numpy(dtype=np.float64) for of, to in _NUMBERS.items()}
    hints = {to: _hints(block[of]) for of, to in _HINTS.items() if of in block}
    sent = SentReadings.of(ids, stamps, **columns, **hints)
    outcome = take_in(session, {one.id: one for one in known.values()}, sent, now=now).outcome
    done.readings += int(np.count_nonzero(outcome == Outcome.STORED))
    done.there_already += int(np.count_nonzero(outcome == Outcome.DUPLICATE))
    done.conflicts += int(np.count_nonzero(outcome == Outcome.CONFLICT))
    done.quarantined += int(np.count_nonzero(outcome == Outcome.QUARANTINED))


def _hints(named: "pd.Series[Any]") -> np.ndarray:
    """Give the reasons for missing values, as masks, from their names."""
    texts = named.astype(object)
    masks = {text: _mask(text) for text in texts.dropna().unique()}
    return texts.map(masks).fillna(0).to_numpy(dtype=np.uint16)


def _mask(text: str) -> int:
    known = [Test[name.upper()] for name in re.findall(r"[a-z_]+", str(text)) if name.upper() in Test.__members__]
    return int(np.bitwise_or.reduce([int(one) for one in known])) if known else 0


def _device(
    session: Session, first: "pd.Series[Any]", stamps: np.ndarray, done: Restored, now: datetime
) -> DeviceRecord:
    """Find a device; one that is new stands where its readings say, with the pace of its first ones."""
    name = str(first["device"])
    found = find_device(session, name) or _new(session, name, done, now)
    if name in done.devices:
        place = {"site": _text(first, "site"), "zone": _text(first, "zone")}
        change_device(session, found.id, {**place, "interval_s": usual_interval_s(stamps)})
        found = find_device(session, name) or found
    return replace(found, has_history=True)


def _new(session: Session, name: str, done: Restored, now: datetime) -> DeviceRecord:
    done.devices.append(name)
    record(session, COMMAND_LINE.name, "restore", object_kind="device", object_id=name, at=now)
    return register_device(session, name, has_history=True, now=now)


def _text(line: "pd.Series[Any]", column: str) -> str | None:
    value = line.get(column)
    return None if value is None or pd.isna(value) else str(value)


def _records(path: Path, kind: Records) -> list[dict[str, Any]]:
    """Read the file beside the readings, if it is there."""
    beside = path.with_name(f"{path.name}.{kind}.csv")
    if not beside.exists():
        return []
    with beside.open(encoding="utf-8", newline="") as file:
        return [{name: _value(name, cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _value(name: str, cell: str) -> Any:
    if cell == "":
        return None
    if name in _TIMES:
        return datetime.fromisoformat(cell)
    if name in _DOCUMENTS:
        return json.loads(cell)
    if name in _FIGURES:
        return float(cell)
    return int(cell) if name == "id" else without_guard(cell)


def _put_back_calibrations(session: Session, rows: list[dict[str, Any]], done: Restored, now: datetime) -> None:
    people, ids = people_by_name(session), dict(ids_by_name(session))
    for row in rows:
        name = row["device"]
        if name not in ids:
            ids[name] = _new(session, name, done, now).id
        values = _named(row, ids[name], people, done)
        values["points"] = values["points"] or []
        done.calibrations += restore_calibration(session, values)
    continue_numbers(session)


def _put_back_events(session: Session, rows: list[dict[str, Any]], done: Restored) -> None:
    people, ids = people_by_name(session), ids_by_name(session)
    values = [_named(row, ids[row["device"]], people, done) for row in rows if row["device"] in ids]
    done.events += restore_events(session, [one | {"details": one["details"] or {}} for one in values])


def _named(row: dict[str, Any], device_id: int, people: Mapping[str, int], done: Restored) -> dict[str, Any]:
    name = row["created_by"]
    if name and name not in people:
        done.unknown_people.add(name)
    rest = {key: value for key, value in row.items() if key not in ("device", "created_by")}
    return {**rest, "device_id": device_id, "created_by": people.get(name)}
