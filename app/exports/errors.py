"""Why an export is not made."""

from models.errors import HydrofleetError


class BadExport(HydrofleetError):
    """The parts of a request contradict each other, or ask for nothing."""


class SeveralClocks(BadExport):
    """Devices of several time zones cannot share a column of local times."""


class TooWide(BadExport):
    """The devices need more columns than a sheet has."""


class UnknownExport(HydrofleetError):
    """No export has this number, or none that the asker may know of."""

    def __init__(self, export_id: int) -> None:
        super().__init__(f"there is no export {export_id}")


class ExportCancelled(HydrofleetError):
    """Somebody ended the export while it ran."""

    def __init__(self, export_id: int) -> None:
        super().__init__(f"export {export_id} was cancelled")
