"""All checks: of one device with everything they came to, or of the whole fleet with what they found."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.insights.band_checks import check_bands, check_limits
from app.insights.findings import Check, Outcome, Result, Urgency
from app.insights.peer_checks import check_peers, check_scales
from app.insights.probe_checks import check_electrodes, check_temperature
from app.insights.scene import Scene, load_scene
from models.read.devices import DeviceRecord
from models.read.readings import newest_at

_CHECKS = (check_bands, check_limits, check_scales, check_peers, check_temperature, check_electrodes)
_ORDER = {check: place for place, check in enumerate(Check)}


def fleet_findings(session: Session, *, now: datetime) -> list[Result]:
    """Find what needs somebody, in all devices that report (imported logs and retired ones do not).

    Returns
    -------
    Only what was found (:attr:`Outcome.FOUND`), the most urgent first, devices of one urgency in natural order. Hours
    that changed a moment ago count once the rollup job has been over them.
    """
    scene = load_scene(session, None, end=now)
    place = {device_id: number for number, device_id in enumerate(scene.tanks)}
    found = [result for result in _all(scene) if result.outcome is Outcome.FOUND]
    return sorted(found, key=lambda one: (one.urgency, place[one.device_id], _ORDER[one.check]))


def fleet_results(session: Session, *, now: datetime) -> list[Result]:
    """Check all devices that report and tell all that came of it, in no particular order."""
    return list(_all(load_scene(session, None, end=now)))


def device_results(session: Session, device: DeviceRecord, *, now: datetime) -> list[Result]:
    """Check one device and tell all that came of it, what was found first; nothing for a retired one.

    An imported log is checked as of its newest reading: nobody expects it to speak now.
    """
    end = now
    if device.origin == "import":
        newest = newest_at(session, device.id)
        end = now if newest is None else newest + timedelta(seconds=device.interval_s)
    results = _all(load_scene(session, [device.id], end=end))
    return sorted(results, key=lambda one: (one.outcome is not Outcome.FOUND, _urgency(one), _ORDER[one.check]))


def _all(scene: Scene) -> Iterator[Result]:
    for check in _CHECKS:
        yield from check(scene)


def _urgency(result: Result) -> int:
    return len(Urgency) if result.urgency is None else int(result.urgency)
