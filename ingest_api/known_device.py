"""The device that an address names, if whoever asks may read it."""

from sqlalchemy.orm import Session

from ingest_api.principals import current_reader
from ingest_api.problems import Problem
from models.read.devices import DeviceRecord, find_device


def known_device(session: Session, name: str) -> DeviceRecord:
    """Find the device; one that may not be read is as unknown as one that is not there.

    Raises
    ------
    Problem
        404 if there is none.
    """
    # A name that is none would otherwise reach the database with whatever bytes it holds.
    is_name = name.isascii() and name.replace("-", "").isalnum()
    device = find_device(session, name) if is_name and current_reader().may_read(name) else None
    if device is None:
        raise Problem("unknown-device", f"no device is called {name[:63]!a}")
    return device
