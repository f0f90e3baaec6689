"""Everything that can go wrong between the rooms and the database, by name.

ModelsError
├── UnsupportedDatabase        the address is not PostgreSQL's
├── SchemaError                migrations cannot run
├── EmbeddedPostgresError      the bundled server cannot start, or stop
├── UnknownDevice, UnknownCrop, UnknownUser, UnknownStream
├── DeviceNameInvalid, DeviceNameTaken, SerialTaken, UserNameTaken
└── BadReadings                columns of unequal length, or values the table cannot hold
"""


class ModelsError(Exception):
    """Base of all errors of this room; the message says what happened and what to do."""


class UnsupportedDatabase(ModelsError):
    """The database address belongs to something else than PostgreSQL."""


class SchemaError(ModelsError):
    """The tables are not, and cannot be brought, into the state that this version needs."""


class EmbeddedPostgresError(ModelsError):
    """The bundled PostgreSQL cannot be started, reached or stopped."""


class UnknownDevice(ModelsError):
    """No device has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no device is called {name!r}; list them with: hydrofleet devices list")
        self.name = name


class DeviceNameInvalid(ModelsError):
    """A device name that could not stand in a URL, a host name and a file name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be a device's name; use 1 to 63 of a-z, 0-9 and hyphens, such as pi-7 or gh3-pi-12"
        )
        self.name = name


class DeviceNameTaken(ModelsError):
    """Another device has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a device called {name!r} exists already; choose another name")
        self.name = name


class SerialTaken(ModelsError):
    """Another device has this serial number already."""

    def __init__(self, serial: str) -> None:
        super().__init__(f"a device with serial number {serial!r} exists already; a board can be only one device")
        self.serial = serial


class UnknownCrop(ModelsError):
    """No crop has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no crop has the key {key!r}; list them with: hydrofleet crops")
        self.key = key


class UnknownUser(ModelsError):
    """Nobody has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"nobody is called {name!r}; list people with: hydrofleet users list")
        self.name = name


class UserNameTaken(ModelsError):
    """Somebody has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"somebody called {name!r} exists already; choose another name")
        self.name = name


class BadReadings(ModelsError):
    """Columns that do not fit together, or that the readings table could never hold."""
