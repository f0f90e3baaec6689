"""Work that is bounded: some at once, some waiting for a moment, the rest is asked to come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

#: A request that has to wait longer for its turn is better told so.
PATIENCE_S = 2.0


class Overloaded(Exception):
    """There is no room for this request now; nothing of it was done, and it may come back later."""


class Slots:
    """Room for ``at_once`` pieces of work; up to ``waiting`` more wait for their turn, but not for long.

    Each kind of work has its own, so that none of them can take all threads of the server from the others.
    """

    def __init__(self, at_once: int, *, waiting: int, patience_s: float = PATIENCE_S) -> None:
        self._turns = Semaphore(at_once)
        self._counting = Lock()
        self._room, self._places = waiting, waiting
        self._patience_s = patience_s

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._places - self._room

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot while the block runs.

        Raises
        ------
        Overloaded
            At once if too many wait already, or when no slot became free in time.
        """
        if not self._turns.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._turns.release()

    def _wait(self) -> None:
        with self._counting:
            if self._room <= 0:
                raise Overloaded("too many requests wait for their turn")
            self._room -= 1
        try:
            if not self._turns.acquire(timeout=self._patience_s):
                raise Overloaded(f"no turn came within {self._patience_s:g} s")
        finally:
            with self._counting:
                self._room += 1
