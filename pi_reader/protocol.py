"""POST /api/v1/readings as bytes: how a batch is written and what an answer means."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto, unique
from typing import Any

from pi_reader import __version__
from pi_reader.outbox_rows import StoredReading
from pi_reader.timeline import rfc3339, unix_ms
from pi_reader.transport import RawAnswer

READINGS_PATH = "/api/v1/readings"
CONFIG_PATH = "/api/v1/device/config"
ENROLL_PATH = "/api/v1/enroll"
TOKEN_PATH = "/api/v1/device/token"
# A small body fits one packet anyway; compressing it would only cost time.
_GZIP_FROM_BYTES = 1400


@unique
class Verdict(Enum):
    """What to do with the batch."""

    SETTLED = auto()  # every item is final: forget the batch
    POISONED = auto()  # something in it cannot be read: halve it until the reading is found
    REFUSED = auto()  # we are not welcome: keep everything and ask again slowly
    UNAVAILABLE = auto()  # nobody there, or too busy: keep everything and back off


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, understood. ``rejected`` holds (index in the batch, code); ``server_ms`` is the server's clock."""

    verdict: Verdict
    detail: str
    rejected: tuple[tuple[int, str], ...] = ()
    server_ms: int | None = None
    retry_after_s: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """What goes along with the readings of a batch; with ``finish_ec`` EC is sent instead of the board's millivolts."""

    sent_ms: int
    dropped: int
    interval_s: float
    finish_ec: Callable[[float, float], float] | None = None
    config_damaged: bool = False


def encode_batch(readings: Sequence[StoredReading], envelope: Envelope) -> tuple[bytes, dict[str, str]]:
    """Return the body and its headers; long bodies are compressed. All readings belong to one stream."""
    body = json.dumps(
        {
            "stream": readings[0].stream,
            "sent_at": rfc3339(envelope.sent_ms),
            "dropped": envelope.dropped,
            "agent": __version__,
            "interval_s": envelope.interval_s,
            **({"config_damaged": True} if envelope.config_damaged else {}),
            "readings": [_item(reading, envelope.finish_ec) for reading in readings],
        },
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
    headers = {"Content-Type": "application/json"}
    if len(body) >= _GZIP_FROM_BYTES:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=6, mtime=0)
    return body, headers


def understand(status: int, headers: Mapping[str, str], body: bytes, *, batch_size: int) -> Answer:
    """Return what a complete HTTP answer means for the batch that was sent."""
    fields = _json_object(body)
    server_ms = _server_ms(fields, headers)
    if status in (200, 422) and _accounts_for(fields, batch_size):
        return Answer(
            Verdict.SETTLED,
            f"{status}",
            rejected=_rejected(fields, batch_size),
            server_ms=server_ms,
            config=_object(fields.get("config")),
        )
    detail = f"HTTP {status} {fields.get('type') or fields.get('title') or ''}".strip()
    if status in (400, 413, 422):
        return Answer(Verdict.POISONED, detail, server_ms=server_ms, status=status)
    if status in (408, 425, 429) or status >= 500:
        return Answer(
            Verdict.UNAVAILABLE,
            detail,
            server_ms=server_ms,
            retry_after_s=_retry_after(headers.get("retry-after")),
            status=status,
        )
    if status == 200:
        # A login page of the Wi-Fi, or another server: it has not stored anything.
        return Answer(Verdict.UNAVAILABLE, "HTTP 200, but not an answer of hydrofleet's /api/v1/readings")
    return Answer(Verdict.REFUSED, detail, server_ms=server_ms, status=status)


def server_time(body: bytes, headers: Mapping[str, str]) -> int | None:
    """Return the server's clock as Unix ms, from the answer itself or else its Date header; None if neither tells."""
    return _server_ms(_json_object(body), headers)


def read_retry_after(answer: RawAnswer) -> float | None:
    """Return the seconds that an answer asks to wait, None if it does not say."""
    return _retry_after(answer.headers.get("retry-after"))


def read_slug(answer: RawAnswer) -> str:
    """Return the short name of the problem that an answer tells, "" if it tells none."""
    return str(_json_object(answer.body).get("type") or "").rsplit("/", 1)[-1][:60]


def _date(headers: Mapping[str, str]) -> int | None:
    try:
        return round(parsedate_to_datetime(headers.get("date", "")).timestamp() * 1000)
    except (TypeError, ValueError):
        return None


def _item(reading: StoredReading, finish_ec: Callable[[float, float], float] | None) -> dict[str, object]:
    item: dict[str, object] = {
        "seq": reading.seq,
        "ts": rfc3339(reading.ts_ms or 0),
        "ph_mv": reading.ph_mv,
        "ec_mv": reading.ec_mv,
        "water_c": reading.water_c,
        "clock": reading.clock,
    }
    if reading.reasons:
        item["reasons"] = reading.reasons
    if finish_ec is not None:
        # EC of water whose temperature is not known would be wrong by 2 % per °C, and nobody could repair it.
        item.pop("ec_mv")
        ec_mv, water_c = reading.ec_mv, reading.water_c
        item["ec_us_cm"] = None if ec_mv is None or water_c is None else round(finish_ec(ec_mv, water_c), 2)
    return item


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        return _object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _accounts_for(fields: Mapping[str, Any], batch_size: int) -> bool:
    """Tell whether the answer says what became of each reading; only then may the batch be forgotten."""
    counts = [fields.get(key, 0) for key in ("accepted", "duplicates", "conflicts", "quarantined")]
    rejected = fields.get("rejected", [])
    if (
        "accepted" not in fields
        or not isinstance(rejected, list)
        or not all(isinstance(count, int) for count in counts)
    ):
        return False
    return sum(counts) + len(rejected) == batch_size


def _rejected(fields: Mapping[str, Any], batch_size: int) -> tuple[tuple[int, str], ...]:
    items = (_object(item) for item in fields.get("rejected", []))
    return tuple(
        (item["index"], str(item.get("code", "rejected")))
        for item in items
        if isinstance(item.get("index"), int) and 0 <= item["index"] < batch_size
    )


def _server_ms(fields: Mapping[str, Any], headers: Mapping[str, str]) -> int | None:
    try:
        return unix_ms(fields["server_time"])
    except (KeyError, TypeError, ValueError):
        return _date(headers)


def _retry_after(value: str | None) -> float | None:
    """Return Retry-After in seconds, given as seconds or as a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
