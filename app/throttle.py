"""How long a login must wait after failures: slower and slower, never locked out for good."""

from collections.abc import Sequence
from datetime import datetime, timedelta

#: Failures are remembered this long; a quiet quarter of an hour forgives everything.
MEMORY = timedelta(minutes=15)
_FREE_FAILURES = 4
_LONGEST_WAIT_S = 900
_NETWORK_WINDOW = timedelta(minutes=5)
_NETWORK_FAILURES = 20


def account_wait_s(failed_at: Sequence[datetime], now: datetime) -> int:
    """Give the seconds that one account must wait in one network, 0 if none.

    The fifth failure within :data:`MEMORY` costs 2 seconds from its time on, the sixth 4, and so on up to 15 minutes.
    """
    recent = [moment for moment in failed_at if now - moment < MEMORY]
    if len(recent) <= _FREE_FAILURES:
        return 0
    delay_s = min(2 ** (len(recent) - _FREE_FAILURES), _LONGEST_WAIT_S)
    return _seconds_until(max(recent) + timedelta(seconds=delay_s), now)


def network_wait_s(failed_at: Sequence[datetime], now: datetime) -> int:
    """Give the seconds that one network must wait, whatever the account: 20 failures in 5 minutes are enough."""
    recent = sorted(moment for moment in failed_at if now - moment < _NETWORK_WINDOW)
    if len(recent) < _NETWORK_FAILURES:
        return 0
    return _seconds_until(recent[-_NETWORK_FAILURES] + _NETWORK_WINDOW, now)


def _seconds_until(moment: datetime, now: datetime) -> int:
    return max(0, -int((now - moment).total_seconds() // 1))
