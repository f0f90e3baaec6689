"""Exports: readings of any set of devices over any span, streamed to the page, the API and the command line alike."""

from app.exports.diary import Asker
from app.exports.errors import BadExport, ExportCancelled, SeveralClocks, TooWide, UnknownExport
from app.exports.estimate import Estimate, estimate
from app.exports.request import ExportRequest, Layout, Packing, Selection
from app.exports.run import Exports, ExportStream

__all__ = [
    "Asker",
    "BadExport",
    "Estimate",
    "ExportCancelled",
    "ExportRequest",
    "ExportStream",
    "Exports",
    "Layout",
    "Packing",
    "Selection",
    "SeveralClocks",
    "TooWide",
    "UnknownExport",
    "estimate",
]
