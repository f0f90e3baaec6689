"""A fleet of two devices, and readings written in a line."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from models.read.devices import DeviceRecord
from models.write.devices import register_device

#: 2026-11-22 00:00 UTC in milliseconds since 1970.
MIDNIGHT_MS = 1_795_305_600_000


@pytest.fixture
def midnight_ms() -> int:
    """2026-11-22 00:00 UTC, in milliseconds since 1970."""
    return MIDNIGHT_MS


@pytest.fixture
def minutes_ms() -> object:
    """Give a function that makes n stamps one minute apart, from midnight on."""
    return lambda n, start=MIDNIGHT_MS: start + 60_000 * np.arange(n)


@pytest.fixture
def device(session: Session, now: datetime) -> DeviceRecord:
    """A device called pi-1."""
    return register_device(session, "pi-1", now=now - timedelta(days=365))


@pytest.fixture
def other_device(session: Session, now: datetime) -> DeviceRecord:
    """A device called pi-2."""
    return register_device(session, "pi-2", now=now - timedelta(days=365))
