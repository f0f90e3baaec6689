"""The types on the wire: what a body of readings holds, field by field, and how a fault in it is named."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

MAX_READINGS = 10_000
#: Channels a reading may carry; it must name at least one of them, if only to say that it is null.
CHANNELS = ("ph_mv", "ec_mv", "water_c", "ph", "ec_us_cm", "tds_ppm")

Number = float | None | UnsetType


class ReadingItem(msgspec.Struct, gc=False):
    """One reading. A channel that is null could not be read; ``reasons`` may say why, by channel.

    The reason ``scattered`` stands beside a value: the samples behind it lay far apart, so it is suspect.
    """

    ts: str
    seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType | None = UNSET
    ph_mv: Number = UNSET
    ec_mv: Number = UNSET
    water_c: Number = UNSET
    ph: Number = UNSET
    ec_us_cm: Number = UNSET
    tds_ppm: Number = UNSET
    tds_scale: Literal[500, 640, 700] | UnsetType = UNSET
    clock: Literal["unknown", "synced", "corrected", "estimated"] | UnsetType | None = UNSET
    reasons: dict[str, str] | UnsetType | None = UNSET


class Envelope(msgspec.Struct, gc=False):
    """What a body says beside its readings.

    ``config_damaged`` says that the device goes on by an older configuration, until a body no longer says it.
    """

    stream: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")] | UnsetType | None = UNSET
    sent_at: str | UnsetType | None = UNSET
    dropped: Annotated[int, Meta(ge=0, le=2**53)] | UnsetType | None = UNSET
    agent: Annotated[str, Meta(pattern=r"^[ -~]{1,64}\Z")] | UnsetType | None = UNSET
    interval_s: Annotated[float, Meta(gt=0, le=86400)] | UnsetType | None = UNSET
    config_damaged: bool | UnsetType | None = UNSET


class Body(Envelope, gc=False, kw_only=True):
    """A whole body."""

    readings: list[ReadingItem]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A reading that cannot be kept: where it stood, why, and a sentence for a person."""

    index: int
    seq: int | None
    code: str
    pointer: str
    detail: str


def ambiguity(item: ReadingItem) -> tuple[str, str] | None:
    """Tell (code, field) if a reading of right types still does not say one thing."""
    if item.tds_ppm is not UNSET and item.ec_us_cm is not UNSET:
        return "ec-given-twice", "tds_ppm"
    nothing = item.ph_mv is item.ph is item.ec_mv is item.ec_us_cm is item.tds_ppm is item.water_c is UNSET
    return ("no-channel", "") if nothing else None
