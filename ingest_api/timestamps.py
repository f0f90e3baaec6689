"""Time stamps on the wire: RFC 3339 with an offset, to the millisecond."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: From this many stamps on, numpy is faster than one by one.
_MANY = 20
_FORM = "0000-00-00T00:00:00.000Z"
_FORM_LETTERS = np.frombuffer(_FORM.encode("ascii"), dtype=np.uint8)
_IS_DIGIT = np.equal(_FORM_LETTERS, ord("0"))
# What each of the 17 digits is worth in year, month, day, hour, minute, second and millisecond, shape (17, 7). Floats,
# which are exact here, because numpy multiplies matrices of integers slowly.
_PLACES = (4, 2, 2, 2, 2, 2, 3)
_POWERS = np.concatenate([10.0 ** np.arange(places)[::-1] for places in _PLACES])
_WORTH = _POWERS[:, None] * np.equal.outer(np.repeat(np.arange(len(_PLACES)), _PLACES), np.arange(len(_PLACES)))
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


def parse_all_ms(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Read many time stamps like :func:`parse_ms`; those of a device's log, all in one form, at once.

    Raises
    ------
    ValueError
        If any of them is not one.
    """
    if len(texts) >= _MANY and (at_once := _parse_utc_ms(texts)) is not None:
        return at_once
    return np.array([parse_ms(text) for text in texts], dtype=np.int64)


def _parse_utc_ms(texts: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """Read stamps that all look like ``2026-11-23T07:59:50.000Z``; None if any looks, or is, otherwise."""
    joined = "".join(texts)
    if not joined.isascii() or set(map(len, texts)) != {len(_FORM)}:
        return None
    letters = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(len(texts), len(_FORM))
    digits = letters[:, _IS_DIGIT] - np.uint8(ord("0"))
    if (letters[:, ~_IS_DIGIT] != _FORM_LETTERS[~_IS_DIGIT]).any() or (digits > 9).any():
        return None
    year, month, day, hour, minute, second, ms = (digits @ _WORTH).astype(np.int64).T
    first_of_month = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    length = ((first_of_month + 1).astype("M8[D]") - first_of_month.astype("M8[D]")).astype(np.int64)
    is_real = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    if not (is_real & (hour <= 23) & (minute <= 59) & (second <= 59)).all():
        return None
    days = first_of_month.astype("M8[D]").astype(np.int64) + day - 1
    whole: npt.NDArray[np.int64] = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms
    return whole


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
