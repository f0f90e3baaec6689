"""Tables for the months to come, made while nobody waits for them."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine

from app.jobs.background import BackgroundJob
from models.partitions import ensure_ahead


class PartitionJob(BackgroundJob):
    """Looks once in a while whether this month and the next ones have their table."""

    def __init__(self, engine: Engine, interval_s: float, *, clock: Callable[[], datetime] | None = None) -> None:
        tell = clock or (lambda: datetime.now(UTC))

        def make(_: Callable[[], bool]) -> bool:
            with engine.begin() as connection:
                ensure_ahead(connection, tell())
            return False

        super().__init__("partitions", make, engine=engine, interval_s=interval_s)
