"""When a device was last heard of, and how: also when it had nothing new to say."""

from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy.orm import Session

from models.direct import tell

_SEEN = (
    "INSERT INTO device_state (device_id, last_seen_at, skew_ms, interval_s, agent, address, config_damaged) "
    "SELECT * FROM unnest(%(device_id)s::bigint[], %(seen_at)s::timestamptz[], %(skew_ms)s::bigint[], "
    "%(interval_s)s::float8[], %(agent)s::text[], %(address)s::text[], %(config_damaged)s::boolean[]) "
    "ON CONFLICT (device_id) DO UPDATE SET "
    "last_seen_at = greatest(device_state.last_seen_at, excluded.last_seen_at), "
    "skew_ms = coalesce(excluded.skew_ms, device_state.skew_ms), "
    "interval_s = coalesce(excluded.interval_s, device_state.interval_s), "
    "agent = coalesce(excluded.agent, device_state.agent), "
    "address = coalesce(excluded.address, device_state.address), "
    "config_damaged = excluded.config_damaged"
)


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """One contact. ``skew_ms`` is the Pi's clock minus ours; None leaves what an earlier contact said.

    A contact that says nothing of its configuration has a sound one.
    """

    device_id: int
    seen_at: datetime
    skew_ms: int | None = None
    interval_s: float | None = None
    agent: str | None = None
    address: str | None = None
    config_damaged: bool = False


def record_seen(session: Session, *contacts: DeviceSeen) -> None:
    """Remember contacts, several of one device in their order; one that is reported late does not turn time back."""
    by_device: dict[int, DeviceSeen] = {}
    for contact in contacts:
        earlier = by_device.get(contact.device_id)
        by_device[contact.device_id] = contact if earlier is None else _merged(earlier, contact)
    in_order = sorted(by_device.values(), key=attrgetter("device_id"))
    parameters = {name: [getattr(one, name) for one in in_order] for name in DeviceSeen.__slots__}
    tell(session, _SEEN, parameters)


def _merged(earlier: DeviceSeen, later: DeviceSeen) -> DeviceSeen:
    said = {name: value for name in DeviceSeen.__slots__ if (value := getattr(later, name)) is not None}
    return replace(earlier, **{**said, "seen_at": max(earlier.seen_at, later.seen_at)})
