"""Readings taken while a person handles the probes: kept, and kept out of the statistics."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analytics.flags import Test
from ingest_api.sent import SentReadings
from models.read.devices import DeviceRecord


def mark_service(sent: SentReadings, devices: Mapping[int, DeviceRecord]) -> SentReadings:
    """Mark pH and EC of readings whose time lies in their device's live mode: the probes may stand in a buffer."""
    handled = np.zeros(len(sent), dtype=bool)
    for device in devices.values():
        if device.live_from is not None and device.live_until is not None:
            start, end = (int(edge.timestamp() * 1000) for edge in (device.live_from, device.live_until))
            handled |= (sent.device_id == device.id) & (sent.ts_ms >= start) & (sent.ts_ms < end)
    if not handled.any():
        return sent
    service = np.where(handled, np.uint16(Test.SERVICE), np.uint16(0))
    return replace(sent, ph_hints=sent.ph_hints | service, ec_hints=sent.ec_hints | service)
