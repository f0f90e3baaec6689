"""Somebody who looks at pages all the while, and a monitor that asks whether the server is well."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import httpx

from tests.drills.farm import Farm
from tests.drills.pis import NO_ANSWER, Attempt

#: A page needs the person's session; the newest readings need the readings, too.
PAGES = ("/", "/api/v1/readings/latest")
_PAUSE_S = 0.1
_TIMEOUT_S = 30.0


class Visitor(threading.Thread):
    """Asks for some addresses in turn until told to stop, and remembers every answer."""

    def __init__(self, url: str, paths: tuple[str, ...], headers: Mapping[str, str], stop: threading.Event) -> None:
        super().__init__(name="visitor", daemon=True)
        self._url, self._paths, self._headers = url, paths, headers
        self._stop_asking = stop
        self.attempts: list[Attempt] = []

    def run(self) -> None:
        """Ask and ask again."""
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=_TIMEOUT_S) as client:
            while not self._stop_asking.wait(_PAUSE_S):
                for path in self._paths:
                    self.attempts.append(_ask(client, path))


def _ask(client: httpx.Client, path: str) -> Attempt:
    began_s, status, may_return = time.monotonic(), NO_ANSWER, False
    with suppress(httpx.HTTPError):  # that no answer came is what is remembered
        answer = client.get(path)
        status, may_return = answer.status_code, "Retry-After" in answer.headers
    return Attempt(path, began_s, time.monotonic() - began_s, status, is_repeat=False, may_return=may_return)


@contextmanager
def visiting(on: Farm, paths: tuple[str, ...] = PAGES) -> Iterator[Visitor]:
    """Let somebody who is logged in visit while the context lasts."""
    stop = threading.Event()
    visitor = Visitor(on.server.url, paths, on.browser, stop)
    visitor.start()
    try:
        yield visitor
    finally:
        stop.set()
        visitor.join(2 * _TIMEOUT_S)
