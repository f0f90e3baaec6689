"""Detected events of several tanks, replaced stretch by stretch."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from models.read.devices import DeviceRecord
from models.read.events import list_events
from models.write.events import Detected, EventRow, replace_detected

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def dose(minutes: int) -> EventRow:
    """A dose so long after ten o'clock."""
    at = TEN + minutes * MINUTE
    return EventRow("dose", at, at + 5 * MINUTE, {"ec_change": 200.0})


def detected(device: DeviceRecord, start: int, end: int, *events: EventRow) -> Detected:
    """What was found in a stretch that is given in minutes after ten o'clock."""
    return Detected(device.id, events, TEN + start * MINUTE, TEN + end * MINUTE)


def starts(session: Session, device: DeviceRecord) -> list[int]:
    """When its events begin, in minutes after ten o'clock."""
    found = list_events(session, device.id, TEN - timedelta(days=1), TEN + timedelta(days=1))
    return [(one.started_at - TEN) // MINUTE for one in found]


def test_what_lies_outside_the_stretch_stays_and_nothing_is_added_there(session: Session, device: DeviceRecord):
    replace_detected(session, [detected(device, -60, 120, dose(0), dose(40), dose(70))])

    changed = replace_detected(session, [detected(device, 20, 60, dose(10), dose(50), dose(65))])

    assert starts(session, device) == [0, 50, 70]
    assert changed == 2


def test_each_tank_has_a_stretch_of_its_own(session: Session, device: DeviceRecord, other_device: DeviceRecord):
    for one in (device, other_device):
        replace_detected(session, [detected(one, -60, 120, dose(0), dose(70))])

    replace_detected(session, [detected(device, -10, 10, dose(5)), detected(other_device, 60, 80)])

    assert starts(session, device) == [5, 70]
    assert starts(session, other_device) == [0]


def test_nothing_is_written_where_nothing_changes(session: Session, device: DeviceRecord):
    replace_detected(session, [detected(device, -60, 120, dose(0), dose(70))])

    assert replace_detected(session, [detected(device, -60, 120, dose(0), dose(70))]) == 0
