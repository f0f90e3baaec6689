"""What the words of a header tell, in English and Indonesian. Patterns are searched in :func:`plain` names."""

import re

# The first that fits decides.
TIMES = (r"time utc|utc time", r"date ?time|timestamp|tanggal (dan )?(jam|waktu)", r"time|waktu|ts|tanggal|date|tgl")
DATES, CLOCKS = r"(date|tanggal|tgl)", r"(time|jam|pukul|waktu|clock)"
DEVICES = r"(device|pi|node|logger|sensor id|perangkat|alat|stasiun|station|tank|tangki|bak|kolam)( (name|nama|id))?"
PH = r"\bph\b"
EC = r"\b(ec|cond|conductivity|conductance|spcond|konduktivitas|dhl|ec us cm)\b"
TDS = r"\b(tds|ppm)\b"
WATER = (r"\b(water|suhu air|wtemp|water c)\b", r"\b(temp|temperature|suhu)\b")
NOT_A_VALUE = r"\b(flag|flags|mv|tests?|low|high|band|calibration|id|qc|quality|raw|fail|status|min|max|std)\b"
NOT_WATER = (
    r"\b(air temp|air temperature|ambient|room|outdoor|indoor|udara|ruang|ruangan|lingkungan|luar"
    r"|humid\w*|lembap|kelemba[bp]\w*|rh|dew)\b"
)

_ZONES = {"utc": "UTC", "gmt": "UTC", "wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_FROM_UTC = re.compile(r"\b(?:gmt|utc)\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?\b")
# Letters next to them would make another word of them: "EC greenhouse", "ms" of a longer name.
_UNITS = {
    "uS/cm": re.compile(r"(?<![a-z])(?:[uµμ][_ ]?s(?:[/_ ]*cm)?|microsiemens?)(?![a-z])"),
    "mS/m": re.compile(r"(?<![a-z])m[_ ]?s[/_ ]*m(?![a-z])"),
    "mS/cm": re.compile(r"(?<![a-z])(?:m[_ ]?s(?:[/_ ]*cm)?|ds[/_ ]*m)(?![a-z])"),
}
_SCALE = re.compile(r"(?<![0-9])(500|640|700)(?![0-9])")
_FAHRENHEIT = re.compile(r"°\s*f\b|\bdeg\w*[ _]*f\b|\bfahrenheit\b|[\s_(\[]f[\s)\]]*$")


def plain(name: str) -> str:
    """Give the words of a column's name on blanks: "pH_raw" is "ph raw"."""
    return " ".join(re.findall(r"[a-z0-9µμ°]+", name.lower()))


def ec_unit_in(text: str) -> str | None:
    """Give the unit of conductivity that a text names."""
    return next((unit for unit, form in _UNITS.items() if form.search(text.lower())), None)


def tds_scale_in(text: str) -> int | None:
    """Give the scale of ppm that a text names."""
    found = _SCALE.search(text)
    return int(found[1]) if found else None


def is_fahrenheit(text: str) -> bool:
    """Tell whether a text says that temperatures are in °F."""
    return _FAHRENHEIT.search(text.lower().strip()) is not None


def zone_in(text: str) -> str | None:
    """Give the zone that a text names: its offset from UTC, UTC itself, or a zone of Indonesia."""
    offset = _FROM_UTC.search(text.lower())
    if offset:
        if not int(offset[2]) and not int(offset[3] or 0):
            return "UTC"
        return f"{offset[1]}{int(offset[2]):02d}:{offset[3] or '00'}"
    words = plain(text).split()
    return next((zone for word, zone in _ZONES.items() if word in words), None)
