"""Target bands and plantings change from a day on; the hours from then on are summed up again by the new band.

One use case for the page and the command line. What a change would do can be asked before it is made.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.principal import Principal, Role
from models.errors import HydrofleetError, UnknownDevice
from models.read import targets as read
from models.read.devices import DeviceRecord, list_devices
from models.read.readings import span
from models.read.targets import Targets, tanks
from models.write.audit import record
from models.write.rollups import mark_dirty
from models.write.targets import assign_crop, end_plantings, set_target

# Beyond these a number was typed in another unit, such as EC in mS/cm.
_LIMITS: Final = {"ph": (0.0, 14.0), "ec_us_cm": (0.0, 20_000.0), "water_c": (0.0, 50.0)}
_LEAST_EC_US_CM = 50.0
LONGEST_SOURCE: Final = 300
# Every stage of every crop begins within two years.
_OUTLOOK = timedelta(days=730)


class TargetRefused(HydrofleetError):
    """The change is not made; the message says why and what to do."""


class NotAllowed(TargetRefused):
    """The person may look at targets and not change them."""


class NoBand(TargetRefused):
    """The two numbers make no band of the quantity."""


class WrongUnit(TargetRefused):
    """The band was typed in another unit."""


class NoSource(TargetRefused):
    """Nobody says whose recommendation the band is, or at too great length."""


class NoStage(TargetRefused):
    """The crop has no such stage."""


class NothingChanged(TargetRefused):
    """The very same band, from the same source, holds on that day already."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band to be set: ``quantity`` is ph, ec_us_cm (EC at 25 °C) or water_c; ``source`` says who says so."""

    crop: str
    stage: str
    quantity: str
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class BandEffect:
    """Whose bands a new band changes, by name in natural order.

    ``at_once``: from its first day on, or since then; ``later``: once they reach the stage. ``until`` is when a
    version takes over that was set before; None if there is none.
    """

    at_once: tuple[str, ...]
    later: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PlantingEffect:
    """What planting changes: ``ends`` counts the tanks by the crop that ends there, ``untouched`` those with none."""

    ends: Mapping[str, int]
    untouched: int


def effect_of_band(session: Session, band: Band, *, valid_from: datetime, now: datetime) -> BandEffect:
    """Tell what :func:`change_target` would do; nothing is changed.

    Raises
    ------
    TargetRefused
        If the band would not be taken.
    """
    _check(session, band, valid_from)
    until = Targets(session).next_version(band.crop, band.stage, band.quantity, valid_from)
    changes = _first_changes(session, band, valid_from, now)
    names = [(device.name, changes[device.id]) for device in _in_use(session) if device.id in changes]
    edge = max(now, valid_from)
    return BandEffect(
        at_once=tuple(name for name, moment in names if moment <= edge),
        later=tuple(name for name, moment in names if moment > edge),
        until=until,
    )


def change_target(session: Session, band: Band, *, valid_from: datetime, by: Principal | None, now: datetime) -> int:
    """Set a band from ``valid_from`` on and mark the hours that it changes; gives the number of tanks concerned.

    What was valid before stays valid for the time before.

    Raises
    ------
    TargetRefused
        If the person may not, the numbers cannot be meant, the crop has no such stage, or nothing would change.
    UnknownCrop
        If no crop has this key.
    """
    person = _allowed(by)
    _check(session, band, valid_from)
    changes = _first_changes(session, band, valid_from, now)
    set_target(
        session,
        band.crop,
        band.stage,
        band.quantity,
        (band.low, band.high),
        source=band.source.strip(),
        valid_from=valid_from,
        created_by=person.id or None,
    )
    for device_id, moment in changes.items():
        _mark_from(session, device_id, moment, now=now)
    details = {name: getattr(band, name) for name in ("stage", "quantity", "low", "high", "source")}
    details |= {"valid_from": valid_from.isoformat(), "tanks": len(changes)}
    record(session, person.name, "set-target", object_kind="crop", object_id=band.crop, details=details, at=now)
    return len(changes)


def effect_of_planting(session: Session, names: Sequence[str], *, started_at: datetime) -> PlantingEffect:
    """Tell what grows in these tanks at a moment and would end with :func:`plant_crop` or :func:`empty_tanks`.

    Raises
    ------
    UnknownDevice
        If no device has one of the names.
    """
    everything = tanks(session)
    growths = [everything[device.id].growth_at(started_at) for device in _known(session, names)]
    ends = Counter(growth.crop for growth in growths if growth is not None)
    return PlantingEffect(dict(ends.most_common()), growths.count(None))


def plant_crop(
    session: Session,
    names: Sequence[str],
    crop: str,
    *,
    started_at: datetime,
    transplanted_on: date,
    by: Principal | None,
    now: datetime,
) -> None:
    """Put a crop into tanks from ``started_at`` on, ending what grew there; their hours from then on follow its bands.

    Raises
    ------
    TargetRefused
        If the person may not.
    UnknownDevice, UnknownCrop
        As their names say; then nothing is planted anywhere.
    """
    person, devices = _allowed(by), _known(session, names)
    ids, author = [device.id for device in devices], person.id or None
    assign_crop(session, ids, crop, started_at=started_at, transplanted_on=transplanted_on, created_by=author)
    details = {"crop": crop, "started_at": started_at.isoformat(), "transplanted_on": transplanted_on.isoformat()}
    for device in devices:
        _mark_from(session, device.id, started_at, now=now)
        record(session, person.name, "plant", object_kind="device", object_id=device.name, details=details, at=now)


def empty_tanks(
    session: Session, names: Sequence[str], *, ended_at: datetime, by: Principal | None, now: datetime
) -> None:
    """End what grows in tanks at ``ended_at``: the harvest; raises as :func:`plant_crop` does."""
    person, devices = _allowed(by), _known(session, names)
    end_plantings(session, [device.id for device in devices], ended_at=ended_at)
    details = {"ended_at": ended_at.isoformat()}
    for device in devices:
        _mark_from(session, device.id, ended_at, now=now)
        record(session, person.name, "harvest", object_kind="device", object_id=device.name, details=details, at=now)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        who = f"{by.name} may" if by else "nobody who is not logged in may"
        raise NotAllowed(f"{who} not change targets; ask an administrator for the role of an agronomist")
    return by


def _check(session: Session, band: Band, valid_from: datetime) -> None:
    lowest, highest = _LIMITS[band.quantity]
    if not lowest <= band.low < band.high <= highest:
        raise NoBand(
            f"{band.low:g} to {band.high:g} is no band of {band.quantity}; low must be below high, within "
            f"{lowest:g} to {highest:g}"
        )
    if band.quantity == "ec_us_cm" and band.high < _LEAST_EC_US_CM:
        raise WrongUnit(f"EC up to {band.high:g} µS/cm is less than tap water; 1 mS/cm is 1000 µS/cm")
    if not 0 < len(band.source.strip()) <= LONGEST_SOURCE:
        raise NoSource(f"a band needs a source, up to {LONGEST_SOURCE} characters: whose recommendation it is")
    targets = Targets(session)
    stages = targets.stages_of(band.crop)
    if stages and band.stage not in stages:
        raise NoStage(f"{band.crop} has no stage {band.stage!r}; its stages are {', '.join(stages)}")
    if targets.version_at(band.crop, band.stage, band.quantity, valid_from) == _version_of(band):
        raise NothingChanged(
            f"nothing changed: {band.crop} ({band.stage}) keeps {band.quantity} between {band.low:g} and {band.high:g} "
            f"at {valid_from:%Y-%m-%d %H:%M} UTC already, from the same source"
        )


def _first_changes(session: Session, band: Band, valid_from: datetime, now: datetime) -> dict[int, datetime]:
    """Give the tanks whose limits become others, each with the first moment at which they do."""
    before = Targets(session)
    after = before.with_version(band.quantity, _version_of(band), valid_from)
    end = max(now, valid_from) + _OUTLOOK
    found: dict[int, datetime] = {}
    for device_id, tank in tanks(session).items():
        for moment in after.changes(tank, valid_from, end):
            old, other = (some.band_at(tank, band.quantity, moment) for some in (before, after))
            if _limits(old) != _limits(other):
                found[device_id] = moment
                break
    return found


def _version_of(band: Band) -> read.Band:
    return read.Band(band.low, band.high, band.crop, band.stage, band.source.strip())


def _limits(band: read.Band | None) -> tuple[float, float] | None:
    return None if band is None else (band.low, band.high)


def _in_use(session: Session) -> list[DeviceRecord]:
    return [device for device in list_devices(session) if device.status != "retired"]


def _known(session: Session, names: Sequence[str]) -> list[DeviceRecord]:
    by_name = {device.name: device for device in list_devices(session)}
    missing = next((name for name in names if name not in by_name), None)
    if missing is not None:
        raise UnknownDevice(missing)
    return [by_name[name] for name in dict.fromkeys(names)]


def _mark_from(session: Session, device_id: int, start: datetime, *, now: datetime) -> None:
    known = span(session, device_id)
    if known is not None and known[1] >= start:
        mark_dirty(session, device_id, max(start, known[0]), known[1] + timedelta(milliseconds=1), now=now)
