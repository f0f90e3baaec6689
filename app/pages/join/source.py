"""What the page asks and has done; everything through the use cases of joining."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from app.joining.keys import EnrollmentKeys
from app.joining.leaving import Leaving
from app.joining.registration import Registration
from app.joining.waiting import Waiting
from models.db import session_scope
from models.read.devices import DeviceRecord, list_devices


class Desk:
    """The use cases of joining on one database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self.keys = EnrollmentKeys(engine, clock)
        self.waiting = Waiting(engine, clock)
        self.registration = Registration(engine, clock)
        self.leaving = Leaving(engine, clock)

    def devices(self) -> list[DeviceRecord]:
        """List the devices that are not retired, in natural order."""
        with session_scope(self._engine) as session:
            return [device for device in list_devices(session) if device.status != "retired"]
