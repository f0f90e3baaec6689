"""What the page does: list what waits, and carry out what an agronomist decides."""

from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from app.i18n import N_, _, number_text
from app.pages.page import PageContext
from app.pages.quarantine.drawing import first_time, run_rows, shift_of, then_text
from app.pages.quarantine.ids import Id
from app.principal import current_user
from app.quarantine import NotAllowed, Quarantine, QuarantineRefused
from models.errors import HydrofleetError, UnknownRun
from models.read.quarantine import HeldRun

Outputs = dict[str, Any]


class QuarantineAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, quarantine: Quarantine, context: PageContext) -> None:
        self._quarantine = quarantine
        self._zone = context.time_zone

    def look(self, chosen: str | None) -> Outputs:
        """Answer with what waits; what was chosen stays chosen, else the newest is."""
        try:
            runs = self._quarantine.runs(by=current_user())
        except NotAllowed:
            runs = []
        names = [run.name for run in runs]
        return {
            "rows": run_rows(runs, self._zone),
            "chosen": chosen if chosen in names else next(iter(names), None),
            "form": not runs,
            "empty": bool(runs),
        }

    def suggest(self, chosen: str | None) -> Any:
        """Answer a choice with the time that is suggested for it."""
        run = self._find(chosen)
        return no_update if run is None else first_time(run, self._zone)

    def then(self, chosen: str | None, first: str | None) -> str:
        """Answer a time with what it would mean for all of them."""
        run = self._find(chosen)
        if run is None or not first:
            return ""
        try:
            return then_text(run, shift_of(run, first, self._zone), self._zone)
        except (ValueError, OverflowError):
            return _("Choose a time.")

    def decide(self, moved: str | None, chosen: str | None, first: str | None, reason: str | None) -> str:
        """Carry out a decision; gives what became of the readings."""
        if moved == Id.DROP:
            dropped = self._quarantine.drop(chosen or "", reason or "", by=current_user())
            return _("%(count)s readings are left out.", count=number_text(dropped, 0))
        run = self._find(chosen)
        if run is None:
            raise UnknownRun(chosen or "")
        done = self._quarantine.retime(run.name, self._shift(run, first), by=current_user())
        return _(
            "%(device)s: %(new)s readings stored, %(there)s were there already.",
            device=run.device,
            new=number_text(done.accepted, 0),
            there=number_text(done.duplicates + done.conflicts, 0),
        )

    def _shift(self, run: HeldRun, first: str | None) -> timedelta:
        try:
            return shift_of(run, first or "", self._zone)
        except (ValueError, OverflowError) as error:
            raise QuarantineRefused(N_("Choose a time.")) from error

    def _find(self, name: str | None) -> HeldRun | None:
        try:
            return next((run for run in self._quarantine.runs(by=current_user()) if run.name == name), None)
        except NotAllowed:
            return None


def error_text(error: HydrofleetError) -> str:
    """Say why nothing was done."""
    if isinstance(error, UnknownRun):
        return _("Somebody has decided this in the meantime.")
    said = error.in_language() if isinstance(error, QuarantineRefused) else str(error)
    return said[:1].upper() + said[1:]


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = QuarantineAnswers(Quarantine(context.engine, context.clock), context)

    @app.callback(
        output={
            "rows": Output(Id.ROWS, "children"),
            "chosen": Output(Id.RUN, "value"),
            "form": Output(Id.FORM, "hidden"),
            "empty": Output(Id.EMPTY, "hidden"),
        },
        inputs={"_revision": Input(Id.REVISION, "data"), "chosen": State(Id.RUN, "value")},
    )
    def look(_revision: int, chosen: str | None) -> Outputs:
        return answers.look(chosen)

    @app.callback(Output(Id.FIRST, "value"), Input(Id.RUN, "value"))
    def suggest(chosen: str | None) -> Any:
        return answers.suggest(chosen)

    @app.callback(Output(Id.THEN, "children"), Input(Id.FIRST, "value"), State(Id.RUN, "value"))
    def then(first: str | None, chosen: str | None) -> str:
        return answers.then(chosen, first)

    @app.callback(
        Output(Id.SAID, "children"),
        Output(Id.REVISION, "data"),
        Input(Id.RETIME, "n_clicks"),
        Input(Id.DROP, "n_clicks"),
        State(Id.RUN, "value"),
        State(Id.FIRST, "value"),
        State(Id.REASON, "value"),
        State(Id.REVISION, "data"),
        prevent_initial_call=True,
    )
    def decide(
        _retime: Any, _drop: Any, chosen: str | None, first: str | None, reason: str | None, revision: int
    ) -> tuple[str, Any]:
        try:
            return answers.decide(ctx.triggered_id, chosen, first, reason), revision + 1
        except HydrofleetError as error:
            return error_text(error), no_update
