"""Exports: readings of any set of devices over any span, streamed to the page, the API and the command line alike."""

from app.exports.errors import BadExport, UnknownExport
from app.exports.estimate import Estimate, estimate
from app.exports.request import ExportRequest, Packing, Selection
from app.exports.run import Asker, Exports, ExportStream

__all__ = [
    "Asker",
    "BadExport",
    "Estimate",
    "ExportRequest",
    "ExportStream",
    "Exports",
    "Packing",
    "Selection",
    "UnknownExport",
    "estimate",
]
