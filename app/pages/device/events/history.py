"""Everything that happened to a tank in a period, calibrations of its probes included."""

from app.pages.device.events.tank_event import TankEvent, calibration_event
from app.pages.device.period import Period
from app.pages.device.source import DeviceSource


def history(source: DeviceSource, device_id: int, period: Period, *, with_hidden: bool = False) -> list[TankEvent]:
    """List what happened in a period, oldest first; what was said to be no event only if asked for."""
    told = [one for one in source.events(device_id, period) if with_hidden or not one.is_hidden]
    calibrated = [
        calibration_event(one.at, one.quantity, one.technician) for one in source.calibrations(device_id, period)
    ]
    return sorted([*told, *calibrated], key=lambda event: event.key)
