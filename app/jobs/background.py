"""Work done again and again beside the server, in one of however many processes share the database."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.locks import Lock, trying

log = logging.getLogger(__name__)

#: Told whether to leave off; says whether there is more to do at once.
Work = Callable[[Callable[[], bool]], bool]

#: A job that fails again and again is tried this seldom.
LONGEST_WAIT_S = 60.0
#: A round that hangs in the database is given up with the process.
STOP_S = 20.0


@dataclass(slots=True)
class Counts:
    """What a job has done since the process began; ``rounds`` are those in which it was this process's turn."""

    rounds: int = 0
    failures: int = 0
    busy_s: float = 0.0
    last_round_at: datetime | None = None


class BackgroundJob:
    """Repeats a piece of work in a thread of its own; failures are logged, counted and outlived.

    Parameters
    ----------
    work
        One round; it is asked to be short, and to look now and then whether it should leave off.
    interval_s
        Rest between rounds when there is nothing more to do; a job may be woken before by :meth:`notice`.
    share
        Of the time, this much is worked at most while there is more to do: the rest belongs to posts and pages.
    lock
        Held during a round, so that of many processes only one works. None where the work shares itself out.
    """

    def __init__(
        self, name: str, work: Work, *, engine: Engine, interval_s: float, share: float = 1.0, lock: Lock | None = None
    ) -> None:
        self.name = name
        self.counts = Counts()
        self._work = work
        self._engine = engine
        self._interval_s = interval_s
        self._rest = 1.0 / share - 1.0
        self._awaited_s = inf
        self._lock = lock
        self._stopping = threading.Event()
        self._noticed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{name}-job", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def notice(self) -> None:
        """Let the next round begin now."""
        self._noticed.set()

    def expect_work(self, within_s: float) -> None:
        """Let the rest after this round last no longer: something that waits is due by then."""
        self._awaited_s = within_s

    def stop(self, within_s: float = STOP_S) -> None:
        """Let the round at hand end, and the thread with it; returns after ``within_s`` at the latest."""
        self._stopping.set()
        self._noticed.set()
        if not self.is_alive():
            return
        self._thread.join(within_s)
        if self.is_alive():
            log.warning(
                "the %s job did not end within %.0f s; its transaction ends with the process", self.name, within_s
            )

    def is_alive(self) -> bool:
        """Tell whether its thread runs."""
        return self._thread.is_alive()

    def run_once(self) -> bool | None:
        """Do one round if it is this process's turn; tells whether there is more to do, None after a failure."""
        began = time.monotonic()
        try:
            with self._turn() as is_ours:
                return self._work(self._stopping.is_set) and not self._stopping.is_set() if is_ours else False
        except SQLAlchemyError as error:
            self.counts.failures += 1
            log.warning("the %s job waits for the database: %s", self.name, error)
        except Exception:  # whatever it was, the next round may do better, and nobody else would start this again
            self.counts.failures += 1
            log.exception("the %s job failed; it is tried again", self.name)
        finally:
            self.counts.rounds += 1
            self.counts.busy_s += time.monotonic() - began
            self.counts.last_round_at = datetime.now(UTC)
        return None

    def _turn(self) -> AbstractContextManager[bool]:
        return nullcontext(True) if self._lock is None else trying(self._engine, self._lock)

    def _run(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            began, self._awaited_s = time.monotonic(), inf
            has_more = self.run_once()
            failed = failed + 1 if has_more is None else 0
            busy_s = time.monotonic() - began
            self._wait(self._rest * busy_s if has_more else self._idle_s(busy_s, failed))

    def _idle_s(self, busy_s: float, failed: int) -> float:
        if failed:
            return min(self._interval_s * 2 ** min(failed, 20), max(LONGEST_WAIT_S, self._interval_s))
        return max(min(self._interval_s, self._awaited_s), self._rest * busy_s)

    def _wait(self, seconds: float) -> None:
        self._noticed.wait(seconds)
        self._noticed.clear()
