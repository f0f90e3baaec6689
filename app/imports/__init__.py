"""History from files: any table becomes readings of a device, and a report says what became of every line."""

from app.imports.guess import propose
from app.imports.load import import_file
from app.imports.proposal import Proposal
from app.imports.report import ImportReport, RejectedLine
from app.imports.request import ImportRefused, ImportRequest, Mode

__all__ = [
    "ImportRefused",
    "ImportReport",
    "ImportRequest",
    "Mode",
    "Proposal",
    "RejectedLine",
    "import_file",
    "propose",
]
