"""What a person asks for when they import a file, checked before anything is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from enum import StrEnum, unique
from pathlib import Path
from re import fullmatch
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.i18n import N_
from app.saying import Refused

#: µS/cm for one of the unit.
EC_UNITS: Mapping[str, float] = {"uS/cm": 1.0, "µS/cm": 1.0, "mS/cm": 1000.0, "dS/m": 1000.0, "mS/m": 10.0}
#: µS/cm for one ppm on each scale.
TDS_SCALES: Mapping[int, float] = {500: 1000 / 500, 640: 1000 / 640, 700: 1000 / 700}


class ImportRefused(Refused):
    """The file cannot be imported as asked; the message says what to change."""


_NO_WALL_CLOCK = {"UTC", "Etc/UTC", "Zulu", "GMT", "Etc/GMT"}


@unique
class Mode(StrEnum):
    """What happens where the device has readings already."""

    #: Every time that the device has no reading of gets one.
    INSERT = "insert"
    #: Only gaps are filled: where the device has a reading within half its interval, the file's is left out.
    BACKFILL = "backfill"
    #: All its readings of the span are taken out, kept apart, and the file's put in their place.
    REPLACE_SPAN = "replace-span"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """One file, and which columns mean what.

    It is the log of one ``device``, or names the device of each line in ``device_column``. Date and time of day may
    stand in columns of their own. ``mode`` says what happens where the device has readings already; ``span_start`` and
    ``span_end`` bound what is replaced, instead of the first and the last time of the file.

    ``time_zone`` is the zone of stamps that carry no offset: a name such as ``Asia/Jakarta`` or a fixed offset
    such as ``-07:00``. ``null_texts`` are texts that mean "no value", beside the usual ones. ``medium``, ``site``
    and ``zone`` are for a device that is not there yet; a site that is not there either gets the log's time zone.
    """

    path: Path
    device: str | None = None
    device_column: str | None = None
    time_column: str
    date_column: str | None = None
    time_zone: str
    time_format: str | None = None
    ph_column: str | None = None
    ec_column: str | None = None
    ec_unit: str = "uS/cm"
    tds_column: str | None = None
    tds_scale: int = 500
    water_column: str | None = None
    null_texts: tuple[str, ...] = ()
    delimiter: str | None = None
    sheet: str | None = None
    mode: Mode = Mode.INSERT
    span_start: datetime | None = None
    span_end: datetime | None = None
    medium: str = "natural"
    site: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if (self.device is None) == (self.device_column is None):
            raise ImportRefused(N_("say whose log it is: either one device, or the column that names it in every line"))
        if self.mode is not Mode.REPLACE_SPAN and (self.span_start or self.span_end):
            raise ImportRefused(N_("a span is for replacing only"))
        if self.span_start and self.span_end and self.span_start >= self.span_end:
            raise ImportRefused(N_("the span ends before it begins"))
        if not (self.ph_column or self.ec_column or self.tds_column or self.water_column):
            raise ImportRefused(N_("name at least one column of values: --ph, --ec, --tds or --water"))
        if self.ec_column and self.tds_column:
            raise ImportRefused(N_("give the EC column or the TDS column, not both: they are the same quantity"))
        if self.ec_unit not in EC_UNITS:
            raise ImportRefused(f"EC in {self.ec_unit!r} is not known; use one of {', '.join(EC_UNITS)}")
        if self.tds_scale not in TDS_SCALES:
            raise ImportRefused(f"a TDS scale of {self.tds_scale} is not known; use 500, 640 or 700")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ImportRefused(f"a delimiter is one character, not {self.delimiter!r}")
        zone_of(self.time_zone)

    @property
    def clock_of_site(self) -> str | None:
        """The name of the time zone of a new site: that of the log; None for UTC, which is no clock on a wall."""
        zone = zone_of(self.time_zone)
        if isinstance(zone, ZoneInfo):
            return None if zone.key in _NO_WALL_CLOCK else zone.key
        hours, rest = divmod(zone.utcoffset(None) or timedelta(), timedelta(hours=1))
        # The names of fixed offsets count the hours to the west.
        return f"Etc/GMT{-hours:+d}" if hours and not rest else None

    @property
    def columns(self) -> dict[str, str]:
        """The value columns that were named: reading column to file column."""
        named = {
            "ph": self.ph_column,
            "ec_us_cm": self.ec_column or self.tds_column,
            "water_c": self.water_column,
        }
        return {quantity: column for quantity, column in named.items() if column}

    @property
    def named_columns(self) -> list[str]:
        """All columns of the file that are read."""
        others = (self.time_column, self.date_column, self.device_column)
        return [*filter(None, others), *self.columns.values()]

    @property
    def ec_factor(self) -> float:
        """µS/cm for one unit of the file's EC or TDS column."""
        return TDS_SCALES[self.tds_scale] if self.tds_column else EC_UNITS[self.ec_unit]


def zone_of(name: str) -> tzinfo:
    """Give the time zone of a name or of a fixed offset.

    Raises
    ------
    ImportRefused
        If it is neither.
    """
    offset = fullmatch(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])", name)
    if offset:
        width = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-width if offset[1] == "-" else width)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        said = N_("there is no time zone %(name)s; use one such as UTC, Asia/Jakarta or -07:00")
        raise ImportRefused(said, name=repr(name)) from error
