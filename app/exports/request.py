"""What an export is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from analytics.flags import Test, names_of_tests
from analytics.quantities import Quantity
from app.components.conductivity import ConductivityUnit
from app.exports.errors import BadExport, SeveralClocks
from app.exports.names import PARTS, value_column
from models.errors import UnknownDevice
from models.read.devices import DeviceRecord, list_devices
from models.read.export_kinds import Dialect, ExportQuery, Resolution
from models.read.targets import tanks

QUANTITIES = tuple(str(one) for one in Quantity)
#: What can stand beside the values of a reading; of steps only the bands can.
DETAILS = ("flags", "tests", "calibrations", "bands", "sent")
#: What stands there unless told otherwise: millivolts and finished values as they were sent are for starting again.
USUAL_DETAILS = DETAILS[:4]
#: The times that a reading can have.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
#: Local times are those of the place of each device.
OF_THE_SITE = "site"
_DIALECTS = {
    "plain": Dialect(),
    "excel": Dialect(spreadsheet=True),
    "excel-id": Dialect(";", decimal_comma=True, spreadsheet=True),
}
DIALECTS = tuple(_DIALECTS)


@unique
class Packing(StrEnum):
    """How the file travels; the value is the end of its name."""

    CSV = "csv"
    GZIP = "csv.gz"
    PARQUET = "parquet"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What the file is called in HTTP."""
        return _MEDIA_TYPES[self]

    @property
    def is_text(self) -> bool:
        """Tell whether lines can be appended to it where it was cut off."""
        return self in (Packing.CSV, Packing.GZIP)


_MEDIA_TYPES = {
    Packing.CSV: "text/csv; charset=utf-8",
    Packing.GZIP: "application/gzip",
    Packing.PARQUET: "application/vnd.apache.parquet",
    Packing.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@unique
class Layout(StrEnum):
    """A row for each reading or step of each device, or one for each time with columns for all devices."""

    LONG = "long"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which devices: named ones, those of a site, those with a crop in the span; None asks for no such thing.

    Retired devices are among them: their readings are as true as the others.
    """

    devices: Sequence[str] | None = None
    site: str | None = None
    crop: str | None = None

    def find(
        self, session: Session, start: datetime, end: datetime, may_read: Callable[[str], bool]
    ) -> list[DeviceRecord]:
        """List the devices, pi-2 before pi-10.

        Raises
        ------
        UnknownDevice
            If a named device is not there, or may not be read.
        """
        readable = [device for device in list_devices(session) if may_read(device.name)]
        known = {device.name for device in readable}
        for name in self.devices or ():
            if name not in known:
                raise UnknownDevice(name)
        found = [one for one in readable if self.devices is None or one.name in self.devices]
        found = [one for one in found if self.site is None or one.site == self.site]
        if self.crop is None or not found:
            return found
        grown = tanks(session, [one.id for one in found])
        return [
            one
            for one in found
            if any(
                growth.crop == self.crop and growth.started_at < end and (growth.ended_at or end) > start
                for growth in grown[one.id].plantings
            )
        ]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to write of which devices in ``[start, end)``.

    Steps are written whole: ``start`` moves back and ``end`` forward to the edges of steps. ``after`` is the device and
    the UTC time of the last line that somebody has already; what follows is written, text without a head. Wide tables
    have no device in a line, and no other details than flags. Without ``details`` there are all that the layout has
    room for, and in wide tables none.

    Raises
    ------
    BadExport
        If the parts contradict each other.
    """

    selection: Selection
    start: datetime
    end: datetime
    resolution: Resolution = Resolution.RAW
    fields: tuple[str, ...] = QUANTITIES
    unit: ConductivityUnit = ConductivityUnit.US_CM
    details: frozenset[str] | None = None
    measured: bool = False
    usable_only: bool = False
    time_zone: str = OF_THE_SITE
    dialect: str = "plain"
    layout: Layout = Layout.LONG
    packing: Packing = Packing.CSV
    preamble: bool = False
    after: tuple[str | None, datetime] | None = None

    def __post_init__(self) -> None:
        if not EARLIEST <= self.start < self.end <= LATEST:
            raise BadExport(
                f"the start ({self.start.isoformat()}) must lie before the end ({self.end.isoformat()}), "
                "and both between the years 1990 and 2099"
            )
        if self.time_zone != OF_THE_SITE and not is_zone(self.time_zone):
            raise BadExport(f"{self.time_zone[:60]!a} is not a time zone; use a name such as Asia/Jakarta, or 'site'")
        if not self.fields:
            raise BadExport(f"ask for at least one of {', '.join(QUANTITIES)}")
        if self.is_wide and not self.shown_details <= {"flags"}:
            raise BadExport(
                "a wide table has room for flags alone; ask for details=flags, details=none, or layout=long"
            )
        if self.after is not None and (self.after[0] is None) is not self.is_wide:
            raise BadExport("this cursor belongs to the other layout; start again without one")

    @property
    def is_wide(self) -> bool:
        """Tell whether all devices stand beside each other."""
        return self.layout is Layout.WIDE

    @property
    def shown_details(self) -> frozenset[str]:
        """What stands beside the values."""
        if self.details is not None:
            return self.details
        return frozenset() if self.is_wide else frozenset(USUAL_DETAILS)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Give the edges of the first and the last step."""
        width = self.resolution.width
        return self.start - _past_edge(self.start, width), self.end + _past_edge(self.end, width, back=True)

    def query(self) -> ExportQuery:
        """Say it as the database is asked."""
        return ExportQuery(
            self.resolution,
            self.fields,
            {str(one): value_column(one, self.unit) for one in Quantity},
            ec_factor=float(self.unit.from_ec(1.0)),
            details=self.shown_details,
            tests={int(test): names_of_tests(test)[0] for test in Test},
            measured=self.measured,
            usable_only=self.usable_only,
            parts=("mean",) if self.is_wide else PARTS,
            dialect=_DIALECTS[self.dialect],
        )

    def zone_of(self, device: DeviceRecord) -> str:
        """Give the zone that local times of a device are written in."""
        return (device.site_time_zone or "UTC") if self.time_zone == OF_THE_SITE else self.time_zone

    def common_zone(self, devices: Sequence[DeviceRecord]) -> str:
        """Give the zone of devices that share their times.

        Raises
        ------
        BadExport
            If they live in several zones.
        """
        zones = sorted({self.zone_of(device) for device in devices}) or ["UTC"]
        if len(zones) > 1:
            raise SeveralClocks(
                f"these devices live in several time zones ({', '.join(zones)}); name one, such as tz={zones[0]}"
            )
        return zones[0]

    def file_name(self, devices: Sequence[DeviceRecord]) -> str:
        """Name the file by its device, or how many there are, and the local days that it reaches over."""
        who = devices[0].name if len(devices) == 1 else f"{len(devices)}-devices"
        zone = ZoneInfo(self.zone_of(devices[0])) if devices else UTC
        last = self.end - timedelta(milliseconds=1)
        days = f"{self.start.astimezone(zone):%Y-%m-%d}_{last.astimezone(zone):%Y-%m-%d}"
        wide = "_wide" if self.is_wide else ""
        return f"{who}_{days}_{self.resolution}{wide}.{self.packing}"

    def said(self) -> dict[str, object]:
        """Say in words that fit into a log what was asked for."""
        return {
            "devices": None if self.selection.devices is None else list(self.selection.devices),
            "site": self.selection.site,
            "crop": self.selection.crop,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "resolution": str(self.resolution),
            "fields": list(self.fields),
            "unit": str(self.unit),
            "details": [one for one in DETAILS if one in self.shown_details],
            "values": "measured" if self.measured else "corrected",
            "quality": "usable" if self.usable_only else "all",
            "tz": self.time_zone,
            "layout": str(self.layout),
            "dialect": self.dialect,
            "format": str(self.packing),
            "cursor": self.after and ",".join(filter(None, (self.after[0], self.after[1].isoformat()))),
        }


def is_zone(name: str) -> bool:
    """Tell whether a time zone goes by that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _past_edge(moment: datetime, width: timedelta, *, back: bool = False) -> timedelta:
    """Give how far behind the edge of a step a moment lies, or with ``back``, how far before the next one."""
    past = (moment - EARLIEST) % width
    return (width - past if past else past) if back else past
