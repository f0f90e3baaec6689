"""History from files: any CSV becomes readings of a device, and a report says what became of every line."""

from app.imports.load import import_csv
from app.imports.report import ImportReport, RejectedLine
from app.imports.request import ImportRefused, ImportRequest

__all__ = ["ImportRefused", "ImportReport", "ImportRequest", "RejectedLine", "import_csv"]
