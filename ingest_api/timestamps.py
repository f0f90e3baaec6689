"""Time stamps on the wire: RFC 3339 with an offset, to the millisecond."""

import re
from datetime import UTC, datetime, timedelta

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LAST_MS = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND


def parse_ms(text: str) -> int:
    """Read a time stamp as milliseconds since 1970 UTC; finer digits are cut off.

    Raises
    ------
    ValueError
        If the text is not RFC 3339 with an offset, or names a day or an hour that does not exist.
    """
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"{shown(text)} is not RFC 3339 with an offset, such as 2026-11-23T07:59:50.000Z")
    ms = milliseconds(datetime.fromisoformat(text.upper()))
    if not _FIRST_MS <= ms <= _LAST_MS:
        raise ValueError(f"{shown(text)} lies outside the years 1 to 9999 in UTC")
    return ms


def milliseconds(moment: datetime) -> int:
    """Give an aware time as milliseconds since 1970 UTC; finer digits are cut off."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_of(ms: int) -> datetime:
    """Give the aware UTC time of milliseconds since 1970."""
    return _EPOCH + ms * _MILLISECOND


def format_moment(moment: datetime) -> str:
    """Write an aware time as ``2026-11-23T08:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def shown(value: object) -> str:
    """Show a sender's value inside a message: short, printable ASCII."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
