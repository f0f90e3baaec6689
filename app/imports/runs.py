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
from app.imports.load import import_file
from app.imports.report import ImportReport
from app.imports.request import ImportRequest
from app.imports.shelf import NotTaken
from app.principal import Principal
from models.errors import HydrofleetError

log = logging.getLogger(__name__)
_KEPT = 50


@dataclass(slots=True)
class Run:
    """One import under way or over: its ``report`` if it went well, else the ``error`` in words."""

    id: str
    request: ImportRequest
    by: Principal
    lines: int = 0
    is_over: bool = False
    report: ImportReport | None = None
    error: str = ""


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
            tried = replace(request, dry_run=True)
            was_tried = any(one.request == tried and one.report and one.by.id == by.id for one in self._runs.values())
            if not request.dry_run and not was_tried:
                raise NotTaken(N_("Try it first: something was changed since the last trial."))
            run = Run(secrets.token_hex(8), request, by)
            self._runs = dict([*self._runs.items(), (run.id, run)][-_KEPT:])
        Thread(target=self._carry_out, args=(run,), name="import", daemon=True).start()
        return run

    def find(self, run_id: str, *, by: Principal) -> Run | None:
        """Find an import that this person began."""
        run = self._runs.get(run_id)
        return run if run is not None and run.by.id == by.id else None

    def _carry_out(self, run: Run) -> None:
        def count(said: str) -> None:
            number = said.removesuffix(" lines").replace(",", "")
            run.lines = int(number) if number.isdigit() else run.lines

        try:
            run.report = import_file(self.engine, run.request, count, by=run.by, clock=self.clock)
        except HydrofleetError as error:
            run.error = str(error)
        except SQLAlchemyError as error:
            log.warning("an import failed: %s", type(error).__name__)
            run.error = str(N_("The database did not answer; nothing more was stored. Try again."))
        except Exception:  # whatever it is, the page must not wait for ever
            log.exception("an import failed")
            run.error = str(N_("The import failed; the server's log says why."))
        finally:
            run.is_over = True
