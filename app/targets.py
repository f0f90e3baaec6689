"""Target bands and plantings change from a day on; the hours from then on are summed up again by the new band."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models.errors import HydrofleetError, UnknownDevice
from models.read.devices import find_device
from models.read.readings import span
from models.read.targets import GENERIC_CROP, Targets, tanks
from models.write.audit import record
from models.write.devices import plant
from models.write.rollups import mark_dirty
from models.write.targets import set_target

# Beyond these a number was typed in another unit, such as EC in mS/cm.
_LIMITS = {"ph": (0.0, 14.0), "ec_us_cm": (0.0, 20_000.0), "water_c": (0.0, 50.0)}
_LEAST_EC_US_CM = 50.0


class TargetRefused(HydrofleetError):
    """The band cannot be what was meant; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band to be set: ``quantity`` is ph, ec_us_cm (EC at 25 °C) or water_c; ``source`` says who says so."""

    crop: str
    stage: str
    quantity: str
    low: float
    high: float
    source: str


def change_target(session: Session, band: Band, *, valid_from: datetime, actor: str, now: datetime) -> int:
    """Set a band from ``valid_from`` on and mark the hours of the tanks it concerns; gives the number of tanks.

    What was valid before stays valid for the time before.

    Raises
    ------
    TargetRefused
        If the numbers cannot be meant, or the crop has no such stage.
    UnknownCrop
        If no crop has this key.
    """
    _check(session, band)
    set_target(
        session,
        band.crop,
        band.stage,
        band.quantity,
        (band.low, band.high),
        source=band.source,
        valid_from=valid_from,
    )
    touched = _tanks_with(session, band.crop)
    for device_id in touched:
        _mark_from(session, device_id, valid_from, now=now)
    details = {name: getattr(band, name) for name in ("stage", "quantity", "low", "high", "source")}
    details |= {"valid_from": valid_from.isoformat(), "tanks": len(touched)}
    record(session, actor, "set-target", object_kind="crop", object_id=band.crop, details=details, at=now)
    return len(touched)


def plant_crop(
    session: Session, device: str, crop: str, *, started_at: datetime, transplanted_on: date, actor: str, now: datetime
) -> None:
    """Put a crop into a tank from ``started_at`` on; the hours from then on are summed up by its bands.

    Raises
    ------
    UnknownDevice, UnknownCrop
        As their names say.
    """
    known = find_device(session, device)
    if known is None:
        raise UnknownDevice(device)
    plant(session, known.id, crop, started_at=started_at, transplanted_on=transplanted_on)
    _mark_from(session, known.id, started_at, now=now)
    details = {"crop": crop, "started_at": started_at.isoformat(), "transplanted_on": transplanted_on.isoformat()}
    record(session, actor, "plant", object_kind="device", object_id=device, details=details, at=now)


def _check(session: Session, band: Band) -> None:
    lowest, highest = _LIMITS[band.quantity]
    if not lowest <= band.low < band.high <= highest:
        raise TargetRefused(
            f"{band.low:g} to {band.high:g} is no band of {band.quantity}; low must be below high, within "
            f"{lowest:g} to {highest:g}"
        )
    if band.quantity == "ec_us_cm" and band.high < _LEAST_EC_US_CM:
        raise TargetRefused(f"EC up to {band.high:g} µS/cm is less than tap water; 1 mS/cm is 1000 µS/cm")
    if not band.source.strip():
        raise TargetRefused("a band needs a source: whose recommendation or experience it is")
    stages = Targets(session).stages_of(band.crop)
    if stages and band.stage not in stages:
        raise TargetRefused(f"{band.crop} has no stage {band.stage!r}; its stages are {', '.join(stages)}")


def _tanks_with(session: Session, crop: str) -> list[int]:
    """List the tanks whose bands may come from a crop; the generic one stands in wherever another has no band."""
    everything = tanks(session)
    if crop == GENERIC_CROP:
        return sorted(device_id for device_id, tank in everything.items() if tank.has_default or tank.plantings)
    return sorted(device_id for device_id, tank in everything.items() if any(p.crop == crop for p in tank.plantings))


def _mark_from(session: Session, device_id: int, start: datetime, *, now: datetime) -> None:
    known = span(session, device_id)
    if known is not None and known[1] >= start:
        mark_dirty(session, device_id, max(start, known[0]), known[1] + timedelta(milliseconds=1), now=now)
