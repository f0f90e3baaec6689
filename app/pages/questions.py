"""What every source of a page needs that asks the database more than one question."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.db import session_scope


class DatabaseQuestions:
    """Asks the database: every question by a connection of its own, or several in a row by one."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], session: Session | None = None) -> None:
        self._engine, self._clock = engine, clock
        self._shared = session

    @contextmanager
    def together(self) -> Iterator[Self]:
        """Give a source that answers several questions in a row by one connection."""
        with self._session() as session:
            yield type(self)(self._engine, self._clock, session)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._shared is not None:
            yield self._shared
            return
        with session_scope(self._engine) as session:
            yield session
