"""The names of the choices in the reader's language, and sizes as people say them."""

from collections.abc import Mapping

from app.components import ConductivityUnit
from app.exports import Estimate, Layout, Packing, SeveralClocks, TooWide
from app.i18n import _, ngettext, number_text
from app.pages.export.view import Range
from models.errors import HydrofleetError, UnknownDevice
from models.read.export_kinds import Resolution


def range_names() -> Mapping[str, str]:
    """Name the ready-made spans."""
    return {
        Range.DAY: _("24 hours"),
        Range.WEEK: _("7 days"),
        Range.MONTH: _("30 days"),
        Range.THIS_MONTH: _("This month"),
        Range.LAST_MONTH: _("Last month"),
        Range.YEAR: _("1 year"),
        Range.ALL: _("Everything"),
    }


def resolution_names() -> Mapping[str, str]:
    """Name what one row stands for."""
    return {
        Resolution.RAW: _("Every reading"),
        Resolution.MINUTE: _("1 min"),
        Resolution.FIVE_MINUTES: _("5 min"),
        Resolution.HOUR: _("1 hour"),
        Resolution.DAY: _("1 day"),
    }


def field_names() -> Mapping[str, str]:
    """Name the quantities."""
    return {"ph": _("pH"), "ec_us_cm": _("TDS / EC"), "water_c": _("Water temperature")}


def unit_names() -> Mapping[str, str]:
    """Name the ways to write conductivity, ppm with its scale."""
    return {one: f"{one.quantity} · {one.label}" for one in ConductivityUnit}


def detail_names() -> Mapping[str, str]:
    """Name what can stand beside the values."""
    return {
        "flags": _("Quality flag"),
        "tests": _("Tests that spoke"),
        "calibrations": _("Calibration"),
        "bands": _("Target band valid then"),
        "sent": _("Millivolts as sent"),
    }


def layout_names() -> Mapping[str, str]:
    """Name the layouts."""
    return {Layout.LONG: _("Below each other"), Layout.WIDE: _("Side by side")}


def format_names() -> Mapping[str, str]:
    """Name the formats."""
    return {Packing.CSV: "CSV", Packing.GZIP: "CSV.gz", Packing.PARQUET: "Parquet", Packing.XLSX: "Excel"}


def dialect_names() -> Mapping[str, str]:
    """Name the ways to write cells of a CSV."""
    return {
        "plain": _("For programs"),
        "excel": _("For Excel in English"),
        "excel-id": _("For Excel in Indonesian"),
    }


def size_text(guess: Estimate) -> str:
    """Say about how big a file will be."""
    if not guess.devices:
        return _("No Pi fits these choices.")
    rows = ngettext("about %(rows)s row", "about %(rows)s rows", guess.rows, rows=number_text(guess.rows, 0))
    pis = ngettext("%(num)s Pi", "%(num)s Pis", guess.devices)
    return f"{pis} · {rows} · {bytes_text(guess.bytes)}"


def refusal_text(error: HydrofleetError) -> str:
    """Say why these choices give no file, and what to change."""
    if isinstance(error, SeveralClocks):
        return _("These Pis live in several time zones. Choose one under “Local times”.")
    if isinstance(error, TooWide):
        return _("These are more columns than Excel has. Choose fewer Pis, or Parquet.")
    if isinstance(error, UnknownDevice):
        return _("No Pi fits these choices.")
    return _("Choose at least one quantity, and a start before the end.")


def bytes_text(size: float) -> str:
    """Write a size in the unit that fits."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{number_text(size, 0 if size >= 10 or unit == 'B' else 1)} {unit}"
        size /= 1000
    return f"{number_text(size, 1)} GB"
