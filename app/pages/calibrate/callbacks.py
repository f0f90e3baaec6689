"""What the page does when the clock ticks or somebody touches it."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, ctx, no_update

from analytics.buffers import BufferSet
from analytics.quantities import Quantity
from app.calibration.desk import CalibrationDesk
from app.calibration.errors import CalibrationError, Impossible
from app.calibration.findings import finding_of
from app.calibration.visits import Transition
from app.components import color_scheme_input
from app.i18n import _, time_text
from app.pages.calibrate.drawing import (
    health_text,
    repair_text,
    row_labels,
    signal_view,
    spark_figure,
    verdict_view,
    version_options,
)
from app.pages.calibrate.form import Form, Row, clock_text, read_form, rows_of
from app.pages.calibrate.ids import ROWS, Id, row_id
from app.pages.calibrate.source import CalibrationSource, guessed_row
from app.pages.calibrate.words import error_text
from app.pages.page import PageContext
from app.principal import Role, current_user
from models.errors import HydrofleetError

Outputs = dict[str, Any]
_FIELDS = ("left", "found", "celsius")
#: What an edit fills in beside the rows.
_CIRCUMSTANCES = ("at", "editing", "buffers", "transition", "note", "standard")
_SHOWN: dict[str, str] = {}
_HIDDEN = {"display": "none"}


class CalibrateAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, source: CalibrationSource, desk: CalibrationDesk, context: PageContext) -> None:
        self._source = source
        self._desk = desk
        self._context = context

    def names(self) -> list[str]:
        """Answer the opening of the page: the devices to choose from."""
        return self._source.names()

    def live(self, name: str | None, *, moved: str | None) -> str:
        """Answer a choice of device, or one of the two buttons of live mode."""
        device, user = self._source.device(name), current_user()
        if device is None:
            return ""
        if user is None or not user.role.includes(Role.AGRONOMIST):
            return _("Only agronomists and administrators may calibrate.")
        if moved == Id.END_LIVE:
            self._desk.end_live(device.name, by=user)
            return _("The Pi goes back to its usual interval.")
        until = self._desk.go_live(device.name, by=user)
        clock = time_text(until, self._zone(name), "HH:mm")
        return _("The Pi reads every second from its next answer on, until %(clock)s.", clock=clock)

    def tick(self, name: str | None, *, quantity: str, buffers: str, scheme: str | None) -> Outputs:
        """Answer a second: what the probe says, and how far a repair is."""
        device = self._source.device(name)
        if device is None:
            return {"text": [], "spark": no_update, "signal": None, "labels": self._labels(buffers), "repair": ""}
        probe, chosen = Quantity(quantity), BufferSet[buffers]
        signal = self._source.signal(device, probe)
        repair = repair_text(self._source.repairs(device))
        text = signal_view(signal, self._context.clock())
        if signal is None:
            return {"text": text, "spark": no_update, "signal": None, "labels": self._labels(buffers), "repair": repair}
        guessed = guessed_row(signal, chosen, self._source.history(device, probe)) if probe is Quantity.PH else None
        return {
            "text": text,
            "spark": spark_figure(signal.shown, scheme),
            "signal": {"mv": round(signal.millivolts, 2), "celsius": signal.celsius},
            "labels": [*row_labels(chosen, signal.celsius, guessed), [_("Standard")]],
            "repair": repair,
        }

    def fill(self, moved: str | None, *, signal: Any, stage: str, number: str | None, name: str | None) -> Outputs:
        """Answer a capture, an edit or another probe: the fields as they then stand."""
        rows = {row: dict.fromkeys(_FIELDS, no_update) for row in ROWS}
        same: Outputs = {"rows": rows, **dict.fromkeys(_CIRCUMSTANCES, no_update)}
        captured = next((row for row in ROWS if moved == row_id("take", row)), None)
        if captured is not None:
            rows[captured] = _captured(signal, stage)
            return same
        empty = {row: dict.fromkeys(_FIELDS, "") for row in ROWS}
        if moved != Id.EDIT:
            usual = {"at": None, "editing": None, "transition": str(Transition.STEP), "note": ""}
            return same | {"rows": empty, **usual}
        if number is None:
            return same
        record = self._source.calibration(int(number))
        known = rows_of(record)
        filled = {row: _values(known[row]) if row in known else empty[row] for row in ROWS}
        at = clock_text(record.valid_from, ZoneInfo(self._zone(name)))
        standard = next((one["standard_us_cm"] for one in record.points if "standard_us_cm" in one), no_update)
        return {
            "rows": filled,
            "at": at,
            "editing": record.id,
            "buffers": record.buffer_set or no_update,
            "transition": record.transition,
            "note": record.note or "",
            "standard": standard,
        }

    def verdict(self, name: str | None, values: dict[str, Any]) -> Outputs:
        """Answer a change of the form: what would follow from it."""
        nothing: Outputs = {"verdict": _("Capture two buffers, or the standard."), "disabled": True, "reason": _HIDDEN}
        visit = self._form(name, values).visit(None)
        if name is None or visit is None:
            return nothing
        try:
            finding = finding_of(visit)
        except Impossible as error:
            return nothing | {"verdict": error_text(error)}
        is_refused = finding.judgement == "refuse"
        return {"verdict": verdict_view(finding), "disabled": False, "reason": _SHOWN if is_refused else _HIDDEN}

    def change(self, name: str | None, values: dict[str, Any], *, moved: str | None, number: Any, editing: Any) -> str:
        """Answer *Save* and *Withdraw*; gives what became of it.

        Raises
        ------
        CalibrationError, HydrofleetError
            If nothing was changed.
        """
        user = current_user()
        if moved == Id.VOID:
            if number is None:
                return _("Choose a calibration first.")
            self._desk.void(int(number), by=user)
            return _("Withdrawn.")
        visit = self._form(name, values).visit(user.name if user else None)
        if name is None or visit is None:
            return _("Capture two buffers, or the standard.")
        if editing is None:
            self._desk.save(name, visit, by=user)
        else:
            self._desk.replace(int(editing), visit, by=user)
        return _("Saved.")

    def history(self, name: str | None, quantity: str) -> Outputs:
        """Answer another probe or a change: its calibrations and its health."""
        device, zone = self._source.device(name), self._zone(name)
        found = self._source.history(device, Quantity(quantity)) if device else []
        return {"versions": version_options(found, zone), "health": health_text(found, zone)}

    def _form(self, name: str | None, values: dict[str, Any]) -> Form:
        return read_form(values, ZoneInfo(self._zone(name)), self._context.clock())

    def _zone(self, name: str | None) -> str:
        device = self._source.device(name)
        return (device.site_time_zone if device else None) or self._context.time_zone

    def _labels(self, buffers: str) -> list[list[Any]]:
        return [*row_labels(BufferSet[buffers], None, None), [_("Standard")]]


def _captured(signal: Any, stage: str) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(_FIELDS, no_update)
    if signal:
        values[stage] = signal["mv"]
        values["celsius"] = 25.0 if signal["celsius"] is None else signal["celsius"]
    return values


def _values(row: Row) -> dict[str, Any]:
    return {name: "" if (value := getattr(row, name)) is None else value for name in _FIELDS}


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    desk = CalibrationDesk(context.engine, context.clock)
    answers = CalibrateAnswers(CalibrationSource(context.engine), desk, context)
    _register_live(app, answers)
    _register_form(app, answers)
    _register_change(app, answers)


def _register_live(app: Dash, answers: CalibrateAnswers) -> None:
    @app.callback(Output(Id.DEVICE, "data"), Input(Id.DEVICE, "id"))
    def names(_id: str) -> list[str]:
        return answers.names()

    @app.callback(
        Output(Id.LIVE_TEXT, "children"),
        Input(Id.GO_LIVE, "n_clicks"),
        Input(Id.END_LIVE, "n_clicks"),
        Input(Id.DEVICE, "value"),
    )
    def live(_go: int | None, _end: int | None, name: str | None) -> str:
        return answers.live(name, moved=ctx.triggered_id)

    @app.callback(
        output={
            "text": Output(Id.SIGNAL_TEXT, "children"),
            "spark": Output(Id.SPARK, "figure"),
            "signal": Output(Id.SIGNAL, "data"),
            "labels": [Output(row_id("label", row), "children") for row in ROWS],
            "repair": Output(Id.REPAIR, "children"),
        },
        inputs={
            "_tick": Input(Id.TICK, "n_intervals"),
            "name": Input(Id.DEVICE, "value"),
            "quantity": Input(Id.QUANTITY, "value"),
            "buffers": Input(Id.BUFFERS, "value"),
            "scheme": color_scheme_input(),
        },
    )
    def tick(_tick: int | None, name: str | None, quantity: str, buffers: str, scheme: str | None) -> Outputs:
        return answers.tick(name, quantity=quantity, buffers=buffers, scheme=scheme)


def _register_form(app: Dash, answers: CalibrateAnswers) -> None:
    @app.callback(
        output={
            "rows": {row: {part: Output(row_id(part, row), "value") for part in _FIELDS} for row in ROWS},
            "at": Output(Id.AT, "value"),
            "editing": Output(Id.EDITING, "data"),
            "buffers": Output(Id.BUFFERS, "value"),
            "transition": Output(Id.TRANSITION, "value"),
            "note": Output(Id.NOTE, "value"),
            "standard": Output(Id.STANDARD, "value"),
        },
        inputs={
            "_takes": [Input(row_id("take", row), "n_clicks") for row in ROWS],
            "_edit": Input(Id.EDIT, "n_clicks"),
            "name": Input(Id.DEVICE, "value"),
            "_revision": Input(Id.REVISION, "data"),
            "signal": State(Id.SIGNAL, "data"),
            "stage": State(Id.STAGE, "value"),
            "number": State(Id.HISTORY, "value"),
        },
        prevent_initial_call=True,
    )
    def fill(
        _takes: list[Any], _edit: Any, name: str | None, _revision: Any, signal: Any, stage: str, number: str | None
    ) -> Outputs:
        return answers.fill(ctx.triggered_id, signal=signal, stage=stage, number=number, name=name)

    @app.callback(
        output={
            "verdict": Output(Id.VERDICT, "children"),
            "disabled": Output(Id.SAVE, "disabled"),
            "reason": Output(Id.REASON, "style"),
        },
        inputs={"name": Input(Id.DEVICE, "value"), "values": _form_fields(Input)},
    )
    def verdict(name: str | None, values: dict[str, Any]) -> Outputs:
        return answers.verdict(name, values)

    @app.callback(
        Output(Id.PH_FORM, "style"), Output(Id.EC_FORM, "style"), Input(Id.QUANTITY, "value"), prevent_initial_call=True
    )
    def show(quantity: str) -> tuple[dict[str, str], dict[str, str]]:
        return (_SHOWN, _HIDDEN) if quantity == Quantity.PH else (_HIDDEN, _SHOWN)


def _register_change(app: Dash, answers: CalibrateAnswers) -> None:
    @app.callback(
        output={"message": Output(Id.MESSAGE, "children"), "revision": Output(Id.REVISION, "data")},
        inputs={
            "_save": Input(Id.SAVE, "n_clicks"),
            "_void": Input(Id.VOID, "n_clicks"),
            "name": State(Id.DEVICE, "value"),
            "values": _form_fields(State),
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
            said = answers.change(name, values, moved=ctx.triggered_id, number=number, editing=editing)
        except CalibrationError as error:
            return {"message": error_text(error), "revision": no_update}
        except HydrofleetError as error:
            return {"message": str(error), "revision": no_update}
        return {"message": said, "revision": revision + 1}

    @app.callback(
        output={"versions": Output(Id.HISTORY, "children"), "health": Output(Id.HEALTH, "children")},
        inputs={
            "name": Input(Id.DEVICE, "value"),
            "quantity": Input(Id.QUANTITY, "value"),
            "_revision": Input(Id.REVISION, "data"),
        },
    )
    def history(name: str | None, quantity: str, _revision: Any) -> Outputs:
        return answers.history(name, quantity)


def _form_fields(kind: type[Input] | type[State]) -> dict[str, Any]:
    return {
        "quantity": kind(Id.QUANTITY, "value"),
        "buffers": kind(Id.BUFFERS, "value"),
        "rows": {row: {part: kind(row_id(part, row), "value") for part in _FIELDS} for row in ROWS},
        "standard": kind(Id.STANDARD, "value"),
        "at": kind(Id.AT, "value"),
        "transition": kind(Id.TRANSITION, "value"),
        "note": kind(Id.NOTE, "value"),
        "reason": kind(Id.REASON, "value"),
    }
