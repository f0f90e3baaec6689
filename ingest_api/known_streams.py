"""Numbers of devices' queues as they were read before: once given, a number never changes."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.write.readings import find_stream, stream_number

#: More queues than any fleet has; a sender that invents names does not fill the memory.
MOST_KNOWN = 20_000


class KnownStreams:
    """Remembers the queues that are in the database, and how many readings each said it dropped."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[int, int]] = {}

    def number(self, session: Session, device_id: int, name: str, dropped: int, now: datetime) -> int:
        """Give the number of a device's queue, a new one for a new queue; remember the most it said it dropped."""
        queue = device_id, name
        number, remembered = self._known.get(queue) or self._find(session, queue) or (None, 0)
        if number is not None and dropped <= remembered:
            return number
        _written_by(session).add(queue)
        self._known.pop(queue, None)
        return stream_number(session, device_id, name, dropped, now)

    def _find(self, session: Session, queue: tuple[int, str]) -> tuple[int, int] | None:
        """Read a queue, and remember it unless this very transaction wrote it, which may yet fail."""
        found = find_stream(session, *queue)
        if found is not None and queue not in _written_by(session):
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[queue] = found
        return found


def _written_by(session: Session) -> set[tuple[int, str]]:
    written: set[tuple[int, str]] = session.info.setdefault("hydrofleet.streams", set())
    return written
