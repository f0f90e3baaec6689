"""The readings of a stolen Pi, from when on they are in doubt: suspect, all of them, until it is unblocked."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from analytics.flags import CHANNELS, Flag
from app.overrides import LONGEST_REASON, LONGEST_SPAN, Overrides
from app.principal import Principal

#: How the reasons of these verdicts begin, by which they are found again.
_REASON: Final = "device blocked: untrusted since"
#: A Pi's clock may be a little ahead of the server's.
_AHEAD: Final = timedelta(minutes=1)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Doubt:
    """Verdicts that go with blocking a device; see :mod:`app.overrides` for what they do."""

    def __init__(self, engine: Engine) -> None:
        self._overrides = Overrides(engine)

    def cast(self, name: str, since: datetime, reason: str | None, *, by: Principal, now: datetime) -> None:
        """Call every reading from ``since`` on suspect; said again, it replaces what was said before."""
        self.lift(name, by=by, now=now)
        why = f"{_REASON} {since.isoformat()}" + (f" ({reason})" if reason else "")
        for start, end in _pieces(since, now + _AHEAD):
            for quantity in CHANNELS:
                self._overrides.set(by, name, quantity, start, end, Flag.SUSPECT, why[:LONGEST_REASON], now)

    def lift(self, name: str, *, by: Principal, now: datetime) -> None:
        """Withdraw what :meth:`cast` said, and nothing else: the tests and other verdicts decide again."""
        said = self._overrides.list(name, _EARLIEST, now + _AHEAD)
        for number in said.loc[said["reason"].str.startswith(_REASON), "id"]:
            self._overrides.withdraw(by, int(number), now)


def _pieces(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    pieces = []
    while start < end:
        pieces.append((start, min(start + LONGEST_SPAN, end)))
        start = pieces[-1][1]
    return pieces
