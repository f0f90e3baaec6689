"""Saving and withdrawing, and the list of visits that both change."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, ctx, no_update

from analytics.quantities import Quantity
from app.calibration.desk import CalibrationDesk
from app.calibration.errors import CalibrationError
from app.components import ConductivityUnit, unit_input
from app.i18n import _
from app.pages.calibrate.filling import form_fields
from app.pages.calibrate.form import read_form
from app.pages.calibrate.history import health_view, version_options
from app.pages.calibrate.ids import Id
from app.pages.calibrate.source import CalibrationSource, zone_of
from app.pages.calibrate.words import error_text
from app.pages.page import PageContext
from app.principal import current_user
from app.typed_numbers import UnclearNumber
from models.errors import HydrofleetError

Outputs = dict[str, Any]


class SavingAnswers:
    """What the page answers about visits that are kept; each method is the body of one callback."""

    def __init__(self, source: CalibrationSource, desk: CalibrationDesk, context: PageContext) -> None:
        self._source = source
        self._desk = desk
        self._context = context

    def save(self, name: str | None, values: dict[str, Any], *, editing: Any) -> str:
        """Answer *Save*; gives what became of it.

        Raises
        ------
        CalibrationError, UnclearNumber, HydrofleetError
            If nothing was changed.
        """
        zone = ZoneInfo(zone_of(self._source.device(name), self._context))
        unit = ConductivityUnit.of(values["unit"], self._context.ppm_scale)
        user = current_user()
        visit = read_form(values, zone, unit, self._context.clock()).visit(user.name if user else None)
        if name is None or visit is None:
            return _("Nothing is saved: the form is not filled in.")
        if editing is None:
            self._desk.save(name, visit, by=user)
        else:
            self._desk.replace(int(editing), visit, by=user)
        return _("Saved.")

    def withdraw(self, number: Any) -> str:
        """Answer *Withdraw*; raises as :meth:`save` does."""
        if number is None:
            return _("Choose a calibration first.")
        self._desk.void(int(number), by=current_user())
        return _("Withdrawn.")

    def history(self, name: str | None, quantity: str, unit: str | None) -> Outputs:
        """Answer another probe or a change: the visits to it and its health."""
        device, probe = self._source.device(name), Quantity(quantity)
        if device is None:
            return {"versions": [], "health": []}
        found, zone = self._source.history(device, probe), zone_of(device, self._context)
        known = ConductivityUnit.of(unit, self._context.ppm_scale)
        health = health_view(found, probe, zone, self._context.clock())
        return {"versions": version_options(found, zone, known), "health": health}


def register(app: Dash, answers: SavingAnswers) -> None:
    """Attach these callbacks to ``app``; call once per app."""

    @app.callback(
        output={"message": Output(Id.MESSAGE, "children"), "revision": Output(Id.REVISION, "data")},
        inputs={
            "_save": Input(Id.SAVE, "n_clicks"),
            "_void": Input(Id.VOID, "n_clicks"),
            "name": State(Id.DEVICE, "value"),
            "values": form_fields(State),
            "number": State(Id.HISTORY, "value"),
            "editing": State(Id.EDITING, "data"),
            "revision": State(Id.REVISION, "data"),
        },
        prevent_initial_call=True,
    )
    def change(
        _save: Any, _void: Any, name: str | None, values: dict[str, Any], number: Any, editing: Any, revision: int
    ) -> Outputs:
        try:
            is_void = ctx.triggered_id == Id.VOID
            said = answers.withdraw(number) if is_void else answers.save(name, values, editing=editing)
        except (CalibrationError, UnclearNumber) as error:
            return {"message": error_text(error), "revision": no_update}
        except HydrofleetError as error:
            return {"message": str(error), "revision": no_update}
        return {"message": said, "revision": revision + 1}

    @app.callback(
        output={"versions": Output(Id.HISTORY, "children"), "health": Output(Id.HEALTH, "children")},
        inputs={
            "name": Input(Id.DEVICE, "value"),
            "quantity": Input(Id.QUANTITY, "value"),
            "unit": unit_input(),
            "_revision": Input(Id.REVISION, "data"),
        },
    )
    def history(name: str | None, quantity: str, unit: str | None, _revision: Any) -> Outputs:
        return answers.history(name, quantity, unit)
