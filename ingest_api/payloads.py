"""The body of ``POST /readings``: parsed into columns, every fault named with its place.

A sound body, which is nearly every body, is decoded in one go by msgspec. A body with anything unusual in it is
parsed strictly and judged reading by reading, so that one bad reading costs only itself. For a sound body both
ways give the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from ingest_api.closer_look import Judged, judge, too_many
from ingest_api.columns import columns_of
from ingest_api.said import Said, is_clear, quotation_marks
from ingest_api.sent import SentReadings
from ingest_api.timestamps import parse_all_ms, parse_ms
from ingest_api.wire import MAX_READINGS, Body, Rejected


@dataclass(frozen=True, slots=True)
class Batch:
    """A parsed body: ``len(sent) + len(rejected)`` readings, and what its envelope said (None: nothing)."""

    sent: SentReadings
    rejected: Sequence[Rejected]
    stream: str | None
    sent_at_ms: int | None
    dropped: int | None
    agent: str | None
    interval_s: float | None
    config_damaged: bool | None


def parse(body: bytes, device_id: int) -> Batch:
    """Parse the body of a batch sent by one device.

    Raises
    ------
    Problem
        400 if it is not strict JSON, 413 for too many readings, 422 if it is no batch at all.
    """
    judged = judge_sound(body) or judge(body)
    envelope = judged.envelope
    return Batch(
        sent=columns_of(judged.said, judged.stamps, device_id),
        rejected=judged.rejected,
        stream=_given(envelope.stream),
        sent_at_ms=judged.sent_at_ms,
        dropped=_given(envelope.dropped),
        agent=_given(envelope.agent),
        interval_s=_given(envelope.interval_s),
        config_damaged=_given(envelope.config_damaged),
    )


_decode = msgspec.json.Decoder(Body).decode


def judge_sound(body: bytes) -> Judged | None:
    """Decode a body in which nothing is unusual; None means: take a closer look.

    msgspec keeps the last of two equal keys and skips keys it does not know. Either way what was decoded has fewer
    quotation marks than the body had, so equal counts prove that nothing was lost (far faster than asking Python's
    parser). A backslash may hide a quotation mark, so it calls for the closer look.
    """
    try:
        decoded = _decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    if len(decoded.readings) > MAX_READINGS:
        raise too_many(len(decoded.readings))
    said = Said.by(decoded.readings)
    if b"\\" in body or body.count(b'"') != quotation_marks(decoded, said) or not is_clear(decoded.readings, said):
        return None
    try:
        sent_at = _given(decoded.sent_at)
        sent_at_ms = None if sent_at is None else parse_ms(sent_at)
        stamps = parse_all_ms(said.columns["ts"])
    except ValueError:
        return None
    return Judged(decoded, sent_at_ms, said, stamps)


def _given(value: Any) -> Any:
    return None if value is UNSET else value
