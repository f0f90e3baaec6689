"""Names of devices: what they may look like, how they sort, how a range of them is written."""

import re

from models.errors import DeviceNameInvalid

#: Lower-case words joined by hyphens: safe in a URL, a host name, a file name and a spreadsheet.
DEVICE_NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
#: More devices than one command should make by a slip of the finger.
LONGEST_RANGE = 10_000

#: A name that the server gives by itself, and that may become a Pi's host name.
GIVEN_NAME = re.compile(r"pi-([1-9][0-9]{0,3})")

_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)")
_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Give a sort key that puts pi-2 before pi-10."""
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in _DIGITS.split(name) if part]


def checked_name(name: str) -> str:
    """Give the name back.

    Raises
    ------
    DeviceNameInvalid
        If it is not made of lower-case letters, digits and inner hyphens.
    """
    if not is_name(name):
        raise DeviceNameInvalid(name)
    return name


def is_name(text: str) -> bool:
    """Tell whether a device could be called so."""
    return re.fullmatch(DEVICE_NAME_PATTERN.strip("^$"), text) is not None


def expand_names(text: str) -> list[str]:
    """Write out a range or a list: ``"pi-1..pi-99"``, ``"pi-1..99"``, ``"pi-7"``, ``"pi-1..3, gh-5"``.

    Leading zeros are kept (``pi-01..pi-10``). The order is that of the text; a name given twice comes once.

    Raises
    ------
    DeviceNameInvalid
        If a part is no name, or a range runs backwards, mixes two prefixes or is longer than 10 000.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise DeviceNameInvalid(text)
    return list(dict.fromkeys(name for part in parts for name in _expand_part(part)))


def _expand_part(part: str) -> list[str]:
    first, dots, last = (side.strip() for side in part.partition(".."))
    if not dots:
        return [checked_name(part)]
    start, end = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    if start is None or end is None or end["prefix"] not in ("", start["prefix"]):
        raise DeviceNameInvalid(part)
    low, high = int(start["number"]), int(end["number"])
    if not low <= high < low + LONGEST_RANGE:
        raise DeviceNameInvalid(part)
    width = len(start["number"]) if start["number"].startswith("0") else 0
    return [checked_name(f"{start['prefix']}{number:0{width}d}") for number in range(low, high + 1)]
