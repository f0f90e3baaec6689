"""Imports that run beside the server: one at a time, and what can be told of them."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.i18n import N_
from app.imports.layout import count_lines
from app.imports.load import SUMMING_UP, import_file
from app.imports.report import ImportReport
from app.imports.request import ImportRequest
from app.imports.shelf import NotTaken
from app.principal import Principal
from app.saying import Refused, Saying
from models.errors import HydrofleetError

log = logging.getLogger(__name__)
_KEPT = 50


@dataclass(slots=True)
class Run:
    """One import under way or over: its ``report`` if it went well, else the ``error`` in words.

    ``lines`` of ``of_lines`` were read so far; how many there are is not known of a workbook that was never tried.
    """

    id: str
    request: ImportRequest
    by: Principal
    lines: int = 0
    of_lines: int | None = None
    is_summing_up: bool = False
    is_over: bool = False
    report: ImportReport | None = None
    error: Saying | None = None


@dataclass(slots=True)
class Runs:
    """The imports of one server."""

    engine: Engine
    clock: Callable[[], datetime]
    _guard: Lock = field(default_factory=Lock)
    _runs: dict[str, Run] = field(default_factory=dict)

    def begin(self, request: ImportRequest, *, by: Principal) -> Run:
        """Begin an import in a thread of its own. What is to be stored must have been tried before, as it is.

        Raises
        ------
        NotTaken
            If another one runs, or nobody tried this one.
        """
        with self._guard:
            if any(not one.is_over for one in self._runs.values()):
                raise NotTaken(N_("Another import is running; wait until it is over."))
            trial = self._trial_of(request, by)
            if not request.dry_run and trial is None:
                raise NotTaken(N_("Try it first: something was changed since the last trial."))
            run = Run(secrets.token_hex(8), request, by, of_lines=trial.lines if trial else None)
            self._runs = dict([*self._runs.items(), (run.id, run)][-_KEPT:])
        Thread(target=self._carry_out, args=(run,), name="import", daemon=True).start()
        return run

    def find(self, run_id: str, *, by: Principal) -> Run | None:
        """Find an import that this person began."""
        run = self._runs.get(run_id)
        return run if run is not None and run.by.id == by.id else None

    def _trial_of(self, request: ImportRequest, by: Principal) -> ImportReport | None:
        """Give what came out when this person tried the same, the last time."""
        tried = replace(request, dry_run=True)
        reports = (one.report for one in reversed(self._runs.values()) if one.request == tried and one.by.id == by.id)
        return next(filter(None, reports), None)

    def _carry_out(self, run: Run) -> None:
        def count(lines: int) -> None:
            run.lines = lines

        def hear(said: str) -> None:
            run.is_summing_up = run.is_summing_up or said == SUMMING_UP

        try:
            run.of_lines = run.of_lines or count_lines(run.request.path)
            run.report = import_file(self.engine, run.request, hear, by=run.by, clock=self.clock, count=count)
        except Refused as error:
            run.error = error.saying
        except HydrofleetError as error:
            run.error = Saying(str(error))
        except SQLAlchemyError as error:
            log.warning("an import failed: %s", type(error).__name__)
            run.error = Saying(N_("The database did not answer; nothing more was stored. Try again."))
        except Exception:  # whatever it is, the page must not wait for ever
            log.exception("an import failed")
            run.error = Saying(N_("The import failed; the server's log says why."))
        finally:
            run.is_over = True
