"""Everything that can go wrong between the rooms and the database, by name.

HydrofleetError
├── UnsupportedDatabase        the address is not PostgreSQL's
├── SchemaError                migrations cannot run
├── EmbeddedPostgresError      the bundled server cannot start, or stop
├── NotConnected               an analyst's address leads nowhere, or its server refuses
├── BadQuestion                frames are asked for that there cannot be
├── UnknownDevice, UnknownCrop, UnknownUser, UnknownStream, UnknownCalibration, UnknownEvent, UnknownReadToken,
│                              UnknownOverride, UnknownRun
├── DeviceNameInvalid, DeviceNameTaken, SerialTaken, UserNameTaken, EventTaken
└── BadReadings                columns of unequal length, or values the table cannot hold
"""

from datetime import datetime


class HydrofleetError(Exception):
    """Base of every error with a message for people: it says what happened and what to do."""


class UnsupportedDatabase(HydrofleetError):
    """The database address belongs to something else than PostgreSQL."""


class SchemaError(HydrofleetError):
    """The tables are not, and cannot be brought, into the state that this version needs."""


class EmbeddedPostgresError(HydrofleetError):
    """The bundled PostgreSQL cannot be started, reached or stopped."""


class NotConnected(HydrofleetError):
    """There is no fleet to be read at an address, or its server does not answer as asked."""


class BadQuestion(HydrofleetError):
    """A frame is asked for by a column, a time or a span that cannot be."""


class UnknownDevice(HydrofleetError):
    """No device has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no device is called {name!r}; list them with: hydrofleet devices list")
        self.name = name


class DeviceNameInvalid(HydrofleetError):
    """A device name that could not stand in a URL, a host name and a file name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be a device's name; use 1 to 63 of a-z, 0-9 and hyphens, such as pi-7 or gh3-pi-12"
        )
        self.name = name


class DeviceNameTaken(HydrofleetError):
    """Another device has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a device called {name!r} exists already; choose another name")
        self.name = name


class SerialTaken(HydrofleetError):
    """Another device has this serial number already."""

    def __init__(self, serial: str) -> None:
        super().__init__(f"a device with serial number {serial!r} exists already; a board can be only one device")
        self.serial = serial


class UnknownCrop(HydrofleetError):
    """No crop has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no crop has the key {key!r}; list them with: hydrofleet targets list")
        self.key = key


class UnknownUser(HydrofleetError):
    """Nobody has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"nobody is called {name!r}; list people with: hydrofleet users list")
        self.name = name


class UnknownCalibration(HydrofleetError):
    """No calibration has this number."""

    def __init__(self, calibration_id: int) -> None:
        super().__init__(f"there is no calibration number {calibration_id}; reload the page to see those there are")
        self.calibration_id = calibration_id


class UnknownOverride(HydrofleetError):
    """No verdict of a person on readings has this number, or it is withdrawn already."""

    def __init__(self, override_id: int) -> None:
        super().__init__(
            f"there is no flag override number {override_id} in force; reload the page to see those there are"
        )
        self.override_id = override_id


class UnknownRun(HydrofleetError):
    """No held readings have this name (any more)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no readings are held under {name!r}, or somebody has decided about them; list them again")
        self.name = name


class UnknownReadToken(HydrofleetError):
    """No read token has this id."""

    def __init__(self, token_id: str) -> None:
        super().__init__(f"there is no read token {token_id!r}; list them with: hydrofleet keys read list")


class UnknownEvent(HydrofleetError):
    """No event of this kind began at this moment."""

    def __init__(self, started_at: datetime, kind: str) -> None:
        super().__init__(f"there is no {kind} at {started_at.isoformat()}; reload the page to see the events there are")


class EventTaken(HydrofleetError):
    """An event of the same kind began at the same moment."""

    def __init__(self, started_at: datetime, kind: str) -> None:
        super().__init__(f"a {kind} at {started_at.isoformat()} is there already; change that one")


class UserNameTaken(HydrofleetError):
    """Somebody has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"somebody called {name!r} exists already; choose another name")
        self.name = name


class BadReadings(HydrofleetError):
    """Columns that do not fit together, or that the readings table could never hold."""
