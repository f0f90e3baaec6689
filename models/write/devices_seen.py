"""When a device was last heard of, and how: also when it had nothing new to say."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

_SEEN = (
    "INSERT INTO device_state (device_id, last_seen_at, skew_ms, interval_s, agent, address) "
    "VALUES (%(device_id)s, %(seen_at)s, %(skew_ms)s, %(interval_s)s, %(agent)s, %(address)s) "
    "ON CONFLICT (device_id) DO UPDATE SET "
    "last_seen_at = greatest(device_state.last_seen_at, excluded.last_seen_at), "
    "skew_ms = coalesce(excluded.skew_ms, device_state.skew_ms), "
    "interval_s = coalesce(excluded.interval_s, device_state.interval_s), "
    "agent = coalesce(excluded.agent, device_state.agent), "
    "address = coalesce(excluded.address, device_state.address)"
)


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """One contact. ``skew_ms`` is the Pi's clock minus ours; None leaves what an earlier contact said."""

    device_id: int
    seen_at: datetime
    skew_ms: int | None = None
    interval_s: float | None = None
    agent: str | None = None
    address: str | None = None


def record_seen(session: Session, seen: DeviceSeen) -> None:
    """Remember a contact; one that is reported late does not turn time back."""
    parameters = {name: getattr(seen, name) for name in DeviceSeen.__slots__}
    session.connection().exec_driver_sql(_SEEN, parameters)
