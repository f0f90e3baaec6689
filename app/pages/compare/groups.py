"""Choosing many Pis at once: by site, zone or crop, in the same list as their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.i18n import _, language, ngettext
from app.pages.compare.view import MOST_DEVICES
from models.read.devices import DeviceRecord

#: No name of a device holds a colon, so a value with one is a group.
_MARK = ":"


@dataclass(frozen=True, slots=True)
class Choosable:
    """A device with what it can be chosen by; ``crop`` is what grows there now, by both its names."""

    record: DeviceRecord
    crop: tuple[str, str] | None


def options(devices: Sequence[Choosable]) -> list[dict[str, Any]]:
    """List what can be chosen: everything, sites, zones, crops, then every Pi by its name."""
    groups = _groups(devices)
    titles = {"all": _("Fleet"), "site": _("Sites"), "zone": _("Zones"), "crop": _("Crops")}
    listed = []
    for kind, title in titles.items():
        items = [
            {"value": value, "label": f"{label} ({len(names)})"}
            for value, (label, names) in groups.items()
            if value.startswith(kind + _MARK)
        ]
        if items:
            listed.append({"group": title, "items": items})
    names = [{"value": one.record.name, "label": one.record.name} for one in devices]
    return [*listed, {"group": _("Pis"), "items": names}]


def written_out(chosen: Sequence[str], devices: Sequence[Choosable]) -> tuple[str, ...]:
    """Put the names in the place of groups, each once, at most 99."""
    groups = _groups(devices)
    names = [name for value in chosen for name in (groups[value][1] if value in groups else [value])]
    return tuple(dict.fromkeys(names))[:MOST_DEVICES]


def suggestions(devices: Sequence[Choosable], most: int = 8) -> list[tuple[str, tuple[str, ...]]]:
    """Give groups that are worth comparing, each with its label: two Pis at least, the whole fleet first."""
    groups = _groups(devices)
    order = {"all": 0, "crop": 1, "site": 2, "zone": 3}
    several = [(value, label, names) for value, (label, names) in groups.items() if len(names) > 1]
    several.sort(key=lambda group: order[group[0].partition(_MARK)[0]])
    return [
        (f"{label}: {ngettext('%(num)s Pi', '%(num)s Pis', len(names))}", tuple(names[:MOST_DEVICES]))
        for _value, label, names in several[:most]
    ]


def _groups(devices: Sequence[Choosable]) -> Mapping[str, tuple[str, list[str]]]:
    """Give the names of every group by its value, with the group's label."""
    groups: dict[str, tuple[str, list[str]]] = {}
    for one in devices:
        for value, label in _places(one):
            groups.setdefault(value, (label, []))[1].append(one.record.name)
    return groups


def _places(one: Choosable) -> list[tuple[str, str]]:
    record = one.record
    places = [(f"all{_MARK}", _("All Pis"))]
    if record.site:
        places.append((f"site{_MARK}{record.site}", record.site))
    if record.zone:
        where = f"{record.site}, {record.zone}" if record.site else record.zone
        places.append((f"zone{_MARK}{where}", where))
    if one.crop:
        places.append((f"crop{_MARK}{one.crop[0]}", one.crop[language() == "id"]))
    return places
