"""The details of an entry in words: what the log keeps as names and codes, as a reader says it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from app.components.growth import stage_text
from app.i18n import N_, _, number_text, time_text
from app.pages.device.events.words import KIND_NAMES

#: Details of an entry that its other columns say already, or that only a program needs.
HIDDEN: Final = frozenset({"at", "by", "versions"})
#: Names of details, in the order of the work that they belong to.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "note": N_("note"),
        "reason": N_("reason"),
        "names": N_("devices"),
        "device": N_("device"),
        "devices": N_("devices"),
        "exported": N_("exported devices"),
        "site": N_("site"),
        "zone": N_("zone"),
        "crop": N_("crop"),
        "medium": N_("water"),
        "interval_s": N_("interval in seconds"),
        "tank_volume_l": N_("tank in litres"),
        "file": N_("file"),
        "mode": N_("where there are readings already"),
        "readings": N_("readings"),
        "first": N_("first"),
        "last": N_("last"),
        "shift_s": N_("moved by seconds"),
        "start": N_("from"),
        "end": N_("to"),
        "quantity": N_("quantity"),
        "flag": N_("judged as"),
        "override": N_("judgement number"),
        "kind": N_("event"),
        "started_at": N_("begun"),
        "ended_at": N_("ended"),
        "transplanted_on": N_("transplanted"),
        "instead": N_("instead"),
        "calibration": N_("calibration number"),
        "instead_of": N_("instead of number"),
        "job": N_("job number"),
        "stage": N_("stage"),
        "low": N_("lower limit"),
        "high": N_("upper limit"),
        "source": N_("source"),
        "valid_from": N_("valid from"),
        "tanks": N_("tanks that it changes"),
        "untrusted_since": N_("readings in doubt since"),
        "role": N_("role"),
        "from": N_("until now"),
        "to": N_("from now on"),
        "invited_as": N_("invited as"),
        "session": N_("browser"),
        "language": N_("language"),
        "time_zone": N_("time zone"),
        "unit": N_("unit"),
        "max_uses": N_("for so many Pis"),
        "expires_at": N_("ends"),
        "auto_approve": N_("a silent Pi may come back by itself"),
        "listed_only": N_("only boards registered ahead"),
        "address": N_("network address"),
        "request": N_("request number"),
        "wrong_keys": N_("wrong keys"),
        "token_id": N_("token"),
        "model": N_("board"),
        "agent": N_("program"),
        "hostname": N_("name in the network"),
        "boot_id": N_("start of the Pi"),
        "old": N_("old"),
        "new": N_("new"),
        "state": N_("outcome"),
        "rows": N_("rows"),
        "resolution": N_("one row for"),
        "fields": N_("columns"),
        "details": N_("beside each value"),
        "values": N_("values"),
        "quality": N_("quality"),
        "tz": N_("time zone"),
        "layout": N_("layout"),
        "dialect": N_("cells"),
        "format": N_("format"),
        "cursor": N_("continued after"),
    }
)
_ROLES: Final = {"viewer": N_("Viewer"), "agronomist": N_("Agronomist"), "admin": N_("Administrator")}
#: Codes that stand in details, by the name of the detail.
CODES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "mode": {
            "insert": N_("only times without a reading are filled"),
            "backfill": N_("only gaps are filled"),
            "replace-span": N_("the file replaces them"),
        },
        "medium": {"nutrient": N_("nutrient solution"), "natural": N_("natural water")},
        "quantity": {
            "ph": N_("pH"),
            "ec": N_("EC"),
            "ec_us_cm": N_("EC"),
            "water": N_("Water temperature"),
            "water_c": N_("Water temperature"),
        },
        "flag": {"1": N_("good"), "2": N_("not tested"), "3": N_("suspect"), "4": N_("failed"), "9": N_("missing")},
        "role": _ROLES,
        # Of a role that was changed.
        "from": _ROLES,
        "to": _ROLES,
        "state": {"done": N_("finished"), "failed": N_("failed"), "cancelled": N_("stopped")},
        "values": {"measured": N_("as measured"), "corrected": N_("as corrected")},
        "quality": {"usable": N_("usable ones only"), "all": N_("all readings")},
        "devices": {"all": N_("all")},
    }
)
_MOST_LISTED = 8


def details_text(details: Mapping[str, Any], zone: str) -> str:
    """Write the details on one line, times on the clock of ``zone``; what is not known is left out."""
    return " · ".join(_named(details, zone))


def _named(details: Mapping[str, Any], zone: str) -> Iterator[str]:
    for name, value in details.items():
        if value in (None, "", [], {}) or name in HIDDEN:
            continue
        yield f"{_(NAMES[name]) if name in NAMES else name}: {_value(name, value, zone)}"


def _value(name: str, value: Any, zone: str) -> str:
    if isinstance(value, dict):
        return ", ".join(_named(value, zone))
    if isinstance(value, list):
        shown = ", ".join(_value(name, one, zone) for one in value[:_MOST_LISTED])
        rest = len(value) - _MOST_LISTED
        return shown if rest <= 0 else _("%(names)s and %(count)s more", names=shown, count=rest)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "stage":
        return stage_text(value)
    code = (KIND_NAMES if name == "kind" else CODES.get(name, {})).get(str(value))
    if code is not None:
        return _(code)
    if isinstance(value, int | float):
        return _number(value)
    return _moment(value, zone) or str(value)


def _number(value: float) -> str:
    """Write a number with as many decimals as it has: three at most."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return number_text(value, len(text.partition(".")[2]))


def _moment(text: str, zone: str) -> str | None:
    """Write a moment as people do; None if the text is none."""
    if len(text) < len("2026-01-01T00:00:00") or text[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else time_text(moment, zone, "d MMM y HH:mm:ss")
