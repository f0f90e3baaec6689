"""A fleet out of its database, as a role or in a session that cannot write."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from weakref import finalize

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from models.db import make_engine, session_scope
from models.errors import NotConnected, UnknownDevice
from models.frames.asked import Asked, Block, Row
from models.frames.columns import AS_STORED, BANDS, FLAGS, PREFIX, TESTS, USED
from models.read.calibrations import list_calibrations
from models.read.devices import DeviceRecord, list_devices
from models.read.event_log import EventQuery, events_page
from models.read.fleet import fleet_frame
from models.read.readings import readings_frame, span
from models.read.rollups import hours_frame
from models.read.target_versions import plantings_frame, targets_frame
from models.read.targets import Targets, tank_bands, tanks

#: A question that takes longer is ended by the database: nobody's notebook keeps the farm from working.
STATEMENT_TIMEOUT_S = 60.0
#: PostgreSQL gives columns out as fast as one core can; with two the first waits for the second.
CONNECTIONS = 2
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_ALL_EVENTS = 10_000_000

Column = npt.NDArray[np.generic]
_Piece = tuple[DeviceRecord, datetime | None, datetime | None]


def postgresql_source(url: str) -> "DatabaseSource":
    """Open the database at an address; its sessions cannot write, whatever its role may."""
    return DatabaseSource(_engine(url), lambda: None)


def embedded_source(data_dir: Path) -> "DatabaseSource":
    """Open the embedded database of a data directory as the role that may read, starting its server if need be.

    Raises
    ------
    NotConnected
        If the directory holds no database.
    """
    from models.embedded import EmbeddedPostgres
    from models.embedded_files import ClusterFiles

    files = data_dir.expanduser().absolute() / "postgresql"
    if not ClusterFiles(files).cluster.exists():
        raise NotConnected(
            f"there is no database in {data_dir}; start one with ./hydrofleet demo or ./hydrofleet serve, or name "
            "the folder that it was given as --data: models.connect('/path/to/folder')"
        )
    server = EmbeddedPostgres.start(files, lambda _: None)
    return DatabaseSource(_engine(server.reader_url), server.stop)


class DatabaseSource:
    """Answers from a database; see :class:`models.frames.asked.Source`."""

    def __init__(self, engine: Engine, release: Callable[[], None]) -> None:
        self._engine = engine
        self.label = make_url(str(engine.url)).set(query={}).render_as_string(hide_password=True)
        # An interpreter that ends without closing leaves the server as one that closes.
        self._close = finalize(self, _close, engine, release)

    def close(self) -> None:
        """Give back the connections, and the share in an embedded server."""
        self._close()

    def devices(self) -> Sequence[Row]:
        """Read the fleet as it is now."""
        with self._session() as session:
            fleet = fleet_frame(session, now=datetime.now(UTC))
        names = {"name": "device", "site_time_zone": "time_zone", "ts": "measured_at"}
        bands = {
            f"{prefix}_{edge}": f"{name}_band_{edge}" for name, prefix in PREFIX.items() for edge in ("low", "high")
        }
        flags = {
            name: fleet["quality"].map(lambda packed, at=at: (packed >> 4 * at) & 15) for name, at in FLAGS.items()
        }
        return fleet.assign(**flags).rename(columns={**names, **bands}).to_dict("records")

    def readings(self, asked: Asked) -> Iterator[Block]:
        """Read the readings of one device after the other, on both connections at a time."""
        stored = list(dict.fromkeys(_stored(name) for name in asked.columns if name not in BANDS))
        with self._session() as session:
            devices = _devices(session, asked)
            bands = _Bands(session, asked, devices)
            pieces = [(device, asked.start, asked.end) for device in devices]
            if len(devices) == 1:
                pieces = _halves(session, devices[0], asked)

        def read(piece: _Piece) -> pd.DataFrame:
            with self._session() as session:
                return readings_frame(session, piece[0].id, *piece[1:], stored)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for (device, _, _), frame in zip(pieces, pool.map(read, pieces), strict=True):
                times = pd.DatetimeIndex(frame.index)
                values = {name: _column(frame, name) for name in asked.columns if name not in BANDS}
                yield Block(device.name, times, {**values, **bands.at(device, times)})

    def hours(self, asked: Asked) -> Iterator[Block]:
        """Read the hours of all devices at once, and give them one device after the other."""
        with self._session() as session:
            devices = _devices(session, asked)
            bands = _Bands(session, asked, devices)
            start, end = _whole_hours(asked)
            counts = [f"{prefix}_{part}" for prefix in PREFIX.values() for part in ("n", "sum", "min", "max")]
            frame = hours_frame(session, [device.id for device in devices], start, end, ["n", *counts])
            for device in devices:
                edges = np.searchsorted(frame["device_id"].to_numpy(), [device.id, device.id + 1])
                theirs = frame.iloc[edges[0] : edges[1]]
                times = pd.DatetimeIndex(theirs["hour"])
                yield Block(device.name, times, {**_hour_columns(theirs), **bands.at(device, times)})

    def events(self, asked: Asked, kind: str | None) -> Sequence[Row]:
        """Read the events of all devices together, oldest first."""
        query = EventQuery(asked.start or _EARLIEST, asked.end or _LATEST, asked.devices, kind)
        with self._session() as session:
            _devices(session, asked)
            found = events_page(session, query, limit=_ALL_EVENTS)
        same = ("device", "kind", "started_at", "ended_at", "origin", "note", "author")
        numbers = ("ec_change", "ph_change", "confidence")
        return [
            {**{name: getattr(one, name) for name in same}, **{name: one.details.get(name) for name in numbers}}
            for one in found
        ]

    def calibrations(self, asked: Asked) -> Sequence[Row]:
        """Read the calibrations, device by device."""
        with self._session() as session:
            return [
                {"device": device.name, **{name: getattr(one, name) for name in one.__slots__}}
                for device in _devices(session, asked)
                for one in reversed(list_calibrations(session, device.id))
            ]

    def targets(self) -> Sequence[Row]:
        """Read every version of every band."""
        with self._session() as session:
            return targets_frame(session).to_dict("records")

    def plantings(self, asked: Asked) -> Sequence[Row]:
        """Read what grew where."""
        with self._session() as session:
            names = {device.id: device.name for device in _devices(session, asked)}
            found = plantings_frame(session).to_dict("records")
        return [{"device": names[row["device_id"]], **row} for row in found if row["device_id"] in names]

    def _session(self) -> AbstractContextManager[Session]:
        return session_scope(self._engine)


class _Bands:
    """The bands that hold for devices at any times of the span, where they are asked for."""

    def __init__(self, session: Session, asked: Asked, devices: Sequence[DeviceRecord]) -> None:
        self._wanted = [name for name in asked.columns if name in BANDS]
        if self._wanted:
            self._targets, self._tanks = Targets(session), tanks(session, [device.id for device in devices])

    def at(self, device: DeviceRecord, times: pd.DatetimeIndex) -> dict[str, Column]:
        """Give the wanted edges at times in order; NaN where nothing is expected."""
        if not self._wanted:
            return {}
        first, last = (times[0], times[-1]) if len(times) else (pd.Timestamp(_EARLIEST), pd.Timestamp(_EARLIEST))
        until = last.to_pydatetime() + pd.Timedelta("1ms")
        spans = tank_bands(self._targets, self._tanks.get(device.id), first.to_pydatetime(), until)
        columns: dict[str, Column] = {name: np.full(len(times), np.nan) for name in self._wanted}
        for held in spans.itertuples():
            edges = slice(*times.searchsorted([held.start, held.end]))
            for edge in ("low", "high"):
                if (name := f"{held.quantity}_band_{edge}") in columns:
                    columns[name][edges] = getattr(held, edge)
        return columns


def _engine(url: str) -> Engine:
    return make_engine(url, read_only=True, statement_timeout_s=STATEMENT_TIMEOUT_S, pool_size=CONNECTIONS)


def _close(engine: Engine, release: Callable[[], None]) -> None:
    engine.dispose()
    release()


def _devices(session: Session, asked: Asked) -> list[DeviceRecord]:
    """Give the devices that are asked for, in natural order.

    Raises
    ------
    UnknownDevice
        If there is none of a name.
    """
    known = list_devices(session)
    names = {device.name for device in known}
    for name in asked.devices or ():
        if name not in names:
            raise UnknownDevice(name)
    return [device for device in known if asked.devices is None or device.name in asked.devices]


def _halves(session: Session, device: DeviceRecord, asked: Asked) -> list[_Piece]:
    """Cut what is asked of one device in the middle of what there is of it."""
    known = span(session, device.id)
    if known is None:
        return [(device, asked.start, asked.end)]
    first, last = max(known[0], asked.start or known[0]), min(known[1], asked.end or known[1])
    middle = max(first, first + (last - first) / 2)
    return [(device, asked.start, middle), (device, middle, asked.end)]


def _stored(name: str) -> str:
    """Say what the table calls that from which a column is made."""
    if name in FLAGS:
        return "quality"
    return "tests" if name in TESTS else AS_STORED.get(name, name)


def _column(frame: pd.DataFrame, name: str) -> Column:
    values = frame[_stored(name)].to_numpy()
    if name in FLAGS:
        return (values >> 4 * FLAGS[name]) & 15
    return (values >> 16 * TESTS[name]) & 0xFFFF if name in TESTS else values


def _whole_hours(asked: Asked) -> tuple[datetime, datetime]:
    """Move the edges outward to whole hours, as an export does."""
    start, end = pd.Timestamp(asked.start or _EARLIEST), pd.Timestamp(asked.end or _LATEST)
    return start.floor("h").to_pydatetime(warn=False), end.ceil("h").to_pydatetime(warn=False)


def _hour_columns(hours: pd.DataFrame) -> dict[str, Column]:
    columns: dict[str, Column] = {"readings": hours["n"].to_numpy()}
    for quantity, prefix in PREFIX.items():
        used = hours[f"{prefix}_n"].to_numpy()
        with np.errstate(invalid="ignore"):
            columns[f"{quantity}_mean"] = hours[f"{prefix}_sum"].to_numpy() / np.where(used > 0, used, np.nan)
        for part in ("min", "max"):
            columns[f"{quantity}_{part}"] = np.where(used > 0, hours[f"{prefix}_{part}"].to_numpy(), np.nan)
    return {**columns, **{name: hours[f"{prefix}_n"].to_numpy() for name, prefix in USED.items()}}
