"""What a reader's browser must be told: everything at first, then only the rows that changed."""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from app.components import ConductivityUnit, crop_texts
from app.i18n import language
from app.pages.fleet.rows import Device, Row, judged, row_of, writings_of
from app.pages.fleet.source import FleetSource
from app.pages.fleet.status import State
from app.pages.fleet.words import nowhere_text

#: What the browser was shown: ``view`` (language and unit), ``places`` and a fingerprint of each device. It travels
#: to the browser and back, so that the server remembers nobody.
Shown = Mapping[str, Any]
PLACE_COLUMNS = ("site", "zone", "crop")
#: What is chosen where devices without a site, zone or crop are wanted.
NOWHERE = "-"


@dataclass(frozen=True, slots=True)
class Refresh:
    """The answer to one question of a browser; ``rows`` and ``changes`` are None where there is nothing to do."""

    #: Every row, when the browser has none or shows them in another language or unit.
    rows: list[Row] | None
    #: Otherwise what to add, update and remove.
    changes: Mapping[str, list[Row]] | None
    #: What can be chosen in each of :data:`PLACE_COLUMNS`; None where that is as before.
    places: Mapping[str, list[dict[str, str]]] | None
    counts: Mapping[State, int]
    readings: int
    shown: Shown


def refresh(source: FleetSource, unit: ConductivityUnit, shown: Shown | None, now: datetime) -> Refresh:
    """Compare the fleet at ``now`` with what the browser has been ``shown`` (None: nothing yet)."""
    hours = source.hours(now)
    devices = judged(source.devices(now), hours, now, source.outage())
    crops = crop_texts(source.crops())
    prints = {device.name: _fingerprint(device) for device in devices}
    view = f"{language()} {unit}"
    places = _places(devices, crops)
    known = shown if shown and shown["view"] == view else None
    write = partial(row_of, writings=writings_of(unit), crops=crops)
    return Refresh(
        rows=[write(device) for device in devices] if known is None else None,
        changes=None if known is None else _changes(devices, prints, known["prints"], write),
        places=None if known and known["places"] == places else places,
        counts=Counter(device.state for device in devices),
        readings=int(hours["n"].sum()),
        shown={"view": view, "places": places, "prints": prints},
    )


def _places(devices: Sequence[Device], crops: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """List what stands in each place column, once, in natural order, as the options of a select; nothing comes last."""
    return {
        column: _options({device.record[column] or "" for device in devices}, column, crops) for column in PLACE_COLUMNS
    }


def _options(found: set[str], column: str, crops: Mapping[str, str]) -> list[dict[str, str]]:
    names = crops if column == "crop" else {}
    known = [{"value": value, "label": names.get(value, value)} for value in found if value]
    nothing = [{"value": NOWHERE, "label": nowhere_text(column)}] if "" in found else []
    return [*sorted(known, key=lambda option: natural(option["label"])), *nothing]


def _changes(
    devices: Sequence[Device],
    prints: Mapping[str, int],
    known: Mapping[str, int],
    write: Callable[[Device], Row],
) -> Mapping[str, list[Row]] | None:
    rows = [write(device) for device in devices if known.get(device.name) != prints[device.name]]
    changes = {
        "add": [row for row in rows if row["device"] not in known],
        "update": [row for row in rows if row["device"] in known],
        "remove": [{"device": name} for name in known if name not in prints],
    }
    return changes if any(changes.values()) else None


def _fingerprint(device: Device) -> int:
    """Sum up everything that a row is made of; equal for equal rows, in whatever process."""
    facts = (device.state, sorted(device.record.items()), list(device.sparks.items()))
    return zlib.crc32(repr(facts).encode())


def natural(text: str) -> list[tuple[int, str]]:
    """Order "GH 2" before "GH 10"."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
