"""Time zones to choose from, called as :func:`app.i18n.zone_text` calls them everywhere."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import available_timezones

from app.i18n import zone_text

#: For a Select of zones: a typed hyphen finds the minus sign, a typed space the underscore (assets/zones.js).
ZONE_SEARCH: Final[Mapping[str, Any]] = MappingProxyType(
    {"searchable": True, "limit": 60, "filter": {"function": "zoneSearch"}}
)


@cache
def zone_names() -> Mapping[str, str]:
    """Give what each time zone is called: UTC once, fixed offsets from west to east, then the names of places."""
    fixed = [f"Etc/GMT{west:+d}" for west in (*range(12, 0, -1), *range(-1, -15, -1))]
    places = (name for name in sorted(available_timezones()) if not zone_text(name).startswith("UTC"))
    return MappingProxyType({name: zone_text(name) for name in ("UTC", *fixed, *places)})
