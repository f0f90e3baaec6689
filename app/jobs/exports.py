"""Exports on a schedule, made beside the server, and the burial of those whose server is gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from app.exports import Exports
from app.exports.schedules import run_due
from app.jobs.background import BackgroundJob
from models.db import session_scope
from models.locks import Lock
from models.write.exports import bury_exports

#: An export writes down that it lives once a second; a reader that takes nothing for this long was cut off before.
_SILENCE = timedelta(minutes=5)
_GONE = "The server ended while the export ran. Start it again."


class ExportJob(BackgroundJob):
    """Writes what is due, of however many processes in one; half of the time belongs to everything else."""

    def __init__(self, engine: Engine, interval_s: float, *, clock: Callable[[], datetime] | None = None) -> None:
        tell = clock or (lambda: datetime.now(UTC))
        exports = Exports(engine, tell, at_once=1)

        def work(_: Callable[[], bool]) -> bool:
            now = tell()
            with session_scope(engine) as session:
                bury_exports(session, silent_since=now - _SILENCE, error=_GONE, now=now)
            return run_due(engine, exports, now)

        super().__init__("exports", work, engine=engine, interval_s=interval_s, share=0.5, lock=Lock.EXPORT_JOB)
