"""The form: what a capture or an edit fills in, and what would follow from it as it stands."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, ctx, no_update

from analytics.quantities import Quantity
from app.calibration.errors import Impossible
from app.calibration.findings import finding_of
from app.calibration.visits import OffsetVisit, Transition
from app.components import ConductivityUnit, unit_input
from app.components.ids import ShellId
from app.i18n import _
from app.pages.calibrate.drawing import verdict_view
from app.pages.calibrate.form import Method, Row, check_of, clock_text, read_form, rows_of
from app.pages.calibrate.ids import CHECKS, ROWS, Id, check_id, row_id
from app.pages.calibrate.source import CalibrationSource, zone_of
from app.pages.calibrate.words import error_text, offset_text
from app.pages.page import PageContext
from app.typed_numbers import UnclearNumber, typed_text
from ingest_api.timestamps import moment_of
from models.read.calibrations import CalibrationRecord

Outputs = dict[str, Any]
_FIELDS: Final = ("left", "found", "celsius")
#: What an edit fills in beside the rows and the check: name -> component.
_CIRCUMSTANCES: Final = {
    "at": Id.AT,
    "buffers": Id.BUFFERS,
    "transition": Id.TRANSITION,
    "note": Id.NOTE,
    "standard": Id.STANDARD,
    "method": Id.METHOD,
    "since": Id.SINCE,
}
_SHOWN: dict[str, str] = {}
_HIDDEN = {"display": "none"}


class FillingAnswers:
    """What the page answers about its form; each method is the body of one callback."""

    def __init__(self, source: CalibrationSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def fill(self, moved: str | None, pressed: dict[str, Any]) -> Outputs:
        """Answer a capture, an edit or another probe: the fields as they then stand.

        ``pressed`` holds the ``signal`` now, the ``stage`` of the visit, the ``number`` of the calibration chosen, the
        ``name`` of the device and the reader's ``unit``.
        """
        signal, unit, number = pressed["signal"], self._unit(pressed["unit"]), pressed["number"]
        same = _unchanged()
        row = next((one for one in ROWS if moved == row_id("take", one)), None)
        part = next((one for one in ("shown", "left") if moved == check_id(f"take-{one}")), None)
        if row is not None:
            same["rows"][row] = _captured(signal, pressed["stage"])
        elif part is not None:
            same["check"][part] = _taken(signal, unit)
        elif moved != Id.EDIT:
            return _emptied()
        elif number is not None:
            zone = zone_of(self._source.device(pressed["name"]), self._context)
            return _filled(self._source.calibration(int(number)), unit, ZoneInfo(zone))
        return same

    def verdict(self, name: str | None, values: dict[str, Any]) -> Outputs:
        """Answer a change of the form: what would follow from it."""
        nothing: Outputs = {"verdict": _waiting(values["method"]), "disabled": True, "reason": _HIDDEN}
        device, unit = self._source.device(name), self._unit(values["unit"])
        if device is None:
            return nothing
        zone = ZoneInfo(zone_of(device, self._context))
        try:
            visit = read_form(values, zone, unit, self._context.clock()).visit(None)
            if visit is None:
                return nothing
            finding = finding_of(visit)
        except (Impossible, UnclearNumber) as error:
            return nothing | {"verdict": error_text(error)}
        follows = offset_text(visit, unit) if isinstance(visit, OffsetVisit) else None
        is_refused = finding.judgement == "refuse"
        view = verdict_view(finding, follows)
        return {"verdict": view, "disabled": False, "reason": _SHOWN if is_refused else _HIDDEN}

    def show(self, quantity: str, method: str, transition: str, unit: str | None) -> Outputs:
        """Answer another probe or another way of checking it: the parts of the form that are in sight."""
        is_ph, by_meter = quantity == Quantity.PH, method == Method.METER
        parts = {
            "standards": not by_meter,
            "ph": is_ph,
            "ec": not is_ph,
            "meter": by_meter,
            "since": by_meter and transition == Transition.BLEND,
        }
        known = self._unit(unit)
        written = _("in pH") if is_ph else _("in %(unit)s, compensated to 25 °C", unit=known.label)
        return {"parts": {name: _SHOWN if one else _HIDDEN for name, one in parts.items()}, "unit": written}

    def _unit(self, unit: str | None) -> ConductivityUnit:
        return ConductivityUnit.of(unit, self._context.ppm_scale)


def _unchanged() -> Outputs:
    return {
        "rows": {row: dict.fromkeys(_FIELDS, no_update) for row in ROWS},
        "check": dict.fromkeys(CHECKS, no_update),
        "editing": no_update,
        **dict.fromkeys(_CIRCUMSTANCES, no_update),
    }


def _emptied() -> Outputs:
    return _unchanged() | {
        "rows": {row: dict.fromkeys(_FIELDS, "") for row in ROWS},
        "check": dict.fromkeys(CHECKS, ""),
        "editing": None,
        "at": None,
        "since": None,
        "transition": str(Transition.STEP),
        "note": "",
    }


def _filled(record: CalibrationRecord, unit: ConductivityUnit, zone: ZoneInfo) -> Outputs:
    by_meter = record.method == "offset"
    since = record.parameters.get("start_ms")
    standard = next((typed_text(one["standard_us_cm"]) for one in record.points if "standard_us_cm" in one), no_update)
    known, typed = ({}, check_of(record)) if by_meter else (rows_of(record), {})
    if record.quantity == Quantity.EC:
        typed = {part: float(unit.from_ec(value)) for part, value in typed.items()}
    return {
        "rows": {row: _values(known.get(row, Row())) for row in ROWS},
        "check": {part: typed_text(typed[part]) if part in typed else "" for part in CHECKS},
        "editing": record.id,
        "at": clock_text(record.valid_from, zone),
        "buffers": record.buffer_set or no_update,
        "transition": record.transition,
        "note": record.note or "",
        "standard": standard,
        "method": str(Method.METER if by_meter else Method.STANDARDS),
        "since": None if since is None else clock_text(moment_of(since), zone),
    }


def _waiting(method: str) -> str:
    if method == Method.METER:
        return _("Fill in what is shown here and what the meter says.")
    return _("Capture two buffers, or the standard.")


def _captured(signal: Any, stage: str) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(_FIELDS, no_update)
    if signal and "mv" in signal:
        values[stage] = typed_text(signal["mv"])
        values["celsius"] = typed_text(25.0 if signal["celsius"] is None else signal["celsius"])
    return values


def _taken(signal: Any, unit: ConductivityUnit) -> Any:
    if not signal or signal["shown"] is None:
        return no_update
    shown = signal["shown"]
    return typed_text(float(unit.from_ec(shown)) if signal["quantity"] == Quantity.EC else shown)


def _values(row: Row) -> dict[str, Any]:
    return {name: "" if (value := getattr(row, name)) is None else typed_text(value) for name in _FIELDS}


def form_fields(kind: type[Input] | type[State]) -> dict[str, Any]:
    """Name everything that :func:`app.pages.calibrate.form.read_form` reads, and the reader's unit."""
    return {
        "quantity": kind(Id.QUANTITY, "value"),
        "rows": {row: {part: kind(row_id(part, row), "value") for part in _FIELDS} for row in ROWS},
        "check": {part: kind(check_id(part), "value") for part in CHECKS},
        "reason": kind(Id.REASON, "value"),
        "unit": kind(ShellId.UNIT, "value"),
        **{name: kind(component, "value") for name, component in _CIRCUMSTANCES.items()},
    }


def register(app: Dash, answers: FillingAnswers) -> None:
    """Attach these callbacks to ``app``; call once per app."""
    _register_fill(app, answers)

    @app.callback(
        output={
            "verdict": Output(Id.VERDICT, "children"),
            "disabled": Output(Id.SAVE, "disabled"),
            "reason": Output(Id.REASON, "style"),
        },
        inputs={"name": Input(Id.DEVICE, "value"), "values": form_fields(Input)},
    )
    def verdict(name: str | None, values: dict[str, Any]) -> Outputs:
        return answers.verdict(name, values)

    @app.callback(
        output={
            "parts": {
                "standards": Output(Id.STANDARDS, "style"),
                "ph": Output(Id.PH_FORM, "style"),
                "ec": Output(Id.EC_FORM, "style"),
                "meter": Output(Id.METER, "style"),
                "since": Output(Id.SINCE, "style"),
            },
            "unit": Output(Id.METER_UNIT, "children"),
        },
        inputs={
            "quantity": Input(Id.QUANTITY, "value"),
            "method": Input(Id.METHOD, "value"),
            "transition": Input(Id.TRANSITION, "value"),
            "unit": unit_input(),
        },
    )
    def show(quantity: str, method: str, transition: str, unit: str | None) -> Outputs:
        return answers.show(quantity, method, transition, unit)


def _register_fill(app: Dash, answers: FillingAnswers) -> None:
    @app.callback(
        output={
            "rows": {row: {part: Output(row_id(part, row), "value") for part in _FIELDS} for row in ROWS},
            "check": {part: Output(check_id(part), "value") for part in CHECKS},
            "editing": Output(Id.EDITING, "data"),
            **{name: Output(component, "value") for name, component in _CIRCUMSTANCES.items()},
        },
        inputs={
            "_takes": [
                *(Input(row_id("take", row), "n_clicks") for row in ROWS),
                *(Input(check_id(f"take-{part}"), "n_clicks") for part in ("shown", "left")),
            ],
            "_edit": Input(Id.EDIT, "n_clicks"),
            "_revision": Input(Id.REVISION, "data"),
            "name": Input(Id.DEVICE, "value"),
            "pressed": {
                "signal": State(Id.SIGNAL, "data"),
                "stage": State(Id.STAGE, "value"),
                "number": State(Id.HISTORY, "value"),
                "unit": State(ShellId.UNIT, "value"),
            },
        },
        prevent_initial_call=True,
    )
    def fill(_takes: list[Any], _edit: Any, _revision: Any, name: str | None, pressed: dict[str, Any]) -> Outputs:
        return answers.fill(ctx.triggered_id, pressed | {"name": name})
