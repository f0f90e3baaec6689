"""The bands of a crop: the table, the one that is looked at, and changing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, no_update
from sqlalchemy import Engine

from analytics.quantities import Quantity
from app.components import ConductivityUnit, crop_text, crop_texts, stage_text, unit_input
from app.components.ids import ShellId
from app.i18n import _
from app.pages.page import PageContext
from app.pages.targets.days import midnight
from app.pages.targets.drawing import band_table, valid_at, version_list
from app.pages.targets.ids import NOTHING, Id
from app.pages.targets.source import TargetSource
from app.pages.targets.words import effect_text, error_text, quantity_text, unit_text
from app.principal import Principal, Role, current_user
from app.targets import Band, TargetRefused, change_target
from app.typed_numbers import UnclearNumber, read_number, typed_text
from models.db import session_scope
from models.read.targets import GENERIC_CROP

Outputs = dict[str, Any]


class BandAnswers:
    """What the page answers about bands; each method is the body of one callback."""

    def __init__(self, source: TargetSource, engine: Engine, context: PageContext) -> None:
        self._source = source
        self._engine = engine
        self._context = context

    def crops(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Answer the opening of the page: the crops that have bands, and what can be said of a tank."""
        crops = self._source.crops()
        known = [{"value": key, "label": text} for key, text in crop_texts(crops).items()]
        planted = [one for one in known if one["value"] != GENERIC_CROP]
        return known, [*planted, {"value": NOTHING, "label": _("Nothing (harvested)")}]

    def table(self, crop: str, unit: str | None) -> Any:
        """Answer another crop or a change: its bands."""
        now = self._context.clock()
        return band_table(self._source.crop(crop, now), self._unit(unit), now)

    def look(self, crop: str, cell: str | None, unit: str | None) -> Outputs:
        """Answer the choice of a band: its limits, where it comes from, and what held before."""
        now, known = self._context.clock(), self._unit(unit)
        stage, quantity = _parts(cell, self._source.stages(crop))
        versions = self._source.versions(crop, stage, quantity)
        held = valid_at(versions, now)
        band = None if held.empty else held.iloc[-1]
        limits = ["", ""] if band is None else [_shown(quantity, band[edge], known) for edge in ("low", "high")]
        title = f"{crop_text(crop, self._source.crops())}, {stage_text(stage)}: {quantity_text(quantity)}"
        return {
            "title": title,
            "low": limits[0],
            "high": limits[1],
            "unit": unit_text(quantity, known),
            "source": "" if band is None else band["source"],
            "history": version_list(versions, known, self._context.time_zone, now),
        }

    def effect(self, typed: Outputs) -> Outputs:
        """Answer a change of the form: what it would do."""
        user = current_user()
        if user is None or not user.role.includes(Role.AGRONOMIST):
            return {"effect": _("Only agronomists and administrators may change targets."), "disabled": True}
        try:
            band, day = self._read(typed)
            if band is None:
                return {"effect": _("Fill in both limits and the source."), "disabled": True}
            effect = self._source.effect_of_band(band, valid_from=day, now=self._context.clock())
        except (TargetRefused, UnclearNumber) as error:
            return {"effect": error_text(error), "disabled": True}
        return {"effect": effect_text(effect, day, self._context.time_zone), "disabled": False}

    def save(self, typed: Outputs, *, by: Principal | None) -> str:
        """Answer *Save*.

        Raises
        ------
        TargetRefused, UnclearNumber
            If nothing was changed.
        """
        band, day = self._read(typed)
        if band is None:
            return _("Fill in both limits and the source.")
        with session_scope(self._engine) as session:
            change_target(session, band, valid_from=day, by=by, now=self._context.clock())
        return _("Saved.")

    def _read(self, typed: Outputs) -> tuple[Band | None, datetime]:
        """Read the form: the band, None while something is missing, and the moment it holds from.

        Raises
        ------
        UnclearNumber
            If a limit is not one number.
        """
        day = midnight(typed["day"], self._context)
        limits = [one for edge in ("low", "high") if (one := read_number(typed[edge])) is not None]
        if len(limits) < 2 or not (typed["source"] or "").strip():
            return None, day
        crop = typed["crop"]
        stage, quantity = _parts(typed["cell"], self._source.stages(crop))
        held = valid_at(self._source.versions(crop, stage, quantity), self._context.clock())
        unit, known = self._unit(typed["unit"]), held[["low", "high"]].to_numpy().ravel()
        low, high = (_from_unit(quantity, one, unit, known) for one in limits)
        return Band(crop, stage, quantity, low, high, typed["source"]), day

    def _unit(self, unit: str | None) -> ConductivityUnit:
        return ConductivityUnit.of(unit, self._context.ppm_scale)


def _parts(cell: str | None, stages: list[str]) -> tuple[str, str]:
    """Give stage and quantity of a cell; the last stage's pH if there is none, or the crop has no such stage."""
    stage, _, quantity = (cell or "").partition("|")
    known = set(Quantity)
    return (stage if stage in stages else stages[-1]), (quantity if quantity in known else str(Quantity.PH))


def _shown(quantity: str, value: float, unit: ConductivityUnit) -> str:
    return typed_text(round(float(unit.from_ec(value)), 2) if quantity == Quantity.EC else float(value))


def _from_unit(quantity: str, typed: float, unit: ConductivityUnit, held: Iterable[float]) -> float:
    """Read a limit; one that stands there as it was shown is the one that holds, rounded for the eye only."""
    same = (float(one) for one in held if read_number(_shown(quantity, one, unit)) == typed)
    return next(same, round(unit.to_ec(typed), 3) if quantity == Quantity.EC else typed)


def register(app: Dash, answers: BandAnswers) -> None:
    """Attach these callbacks to ``app``; call once per app."""

    @app.callback(Output(Id.CROP, "data"), Output(Id.PLANT_CROP, "data"), Input(Id.CROP, "id"))
    def crops(_id: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        return answers.crops()

    @app.callback(Output(Id.CELL, "children"), Input(Id.CROP, "value"), unit_input(), Input(Id.REVISION, "data"))
    def table(crop: str, unit: str | None, _revision: int) -> Any:
        return answers.table(crop, unit)

    @app.callback(
        output={
            "title": Output(Id.EDITED, "children"),
            "low": Output(Id.LOW, "value"),
            "high": Output(Id.HIGH, "value"),
            "unit": Output(Id.UNIT, "children"),
            "source": Output(Id.SOURCE, "value"),
            "history": Output(Id.HISTORY, "children"),
        },
        inputs={
            "crop": Input(Id.CROP, "value"),
            "cell": Input(Id.CELL, "value"),
            "unit": unit_input(),
            "_revision": Input(Id.REVISION, "data"),
        },
        # What somebody types before the answer is there would be replaced by it.
        running=[(Output(field, "readOnly"), True, False) for field in (Id.LOW, Id.HIGH, Id.SOURCE)],
    )
    def look(crop: str, cell: str | None, unit: str | None, _revision: int) -> Outputs:
        return answers.look(crop, cell, unit)

    @app.callback(
        output={"effect": Output(Id.EFFECT, "children"), "disabled": Output(Id.SAVE, "disabled")},
        inputs={"typed": _typed(Input), "_revision": Input(Id.REVISION, "data")},
    )
    def effect(typed: Outputs, _revision: int) -> Outputs:
        return answers.effect(typed)

    @app.callback(
        output={"message": Output(Id.MESSAGE, "children"), "revision": Output(Id.REVISION, "data")},
        inputs={"_save": Input(Id.SAVE, "n_clicks"), "typed": _typed(State), "revision": State(Id.REVISION, "data")},
        prevent_initial_call=True,
    )
    def save(_save: int | None, typed: Outputs, revision: int) -> Outputs:
        try:
            return {"message": answers.save(typed, by=current_user()), "revision": revision + 1}
        except (TargetRefused, UnclearNumber) as error:
            return {"message": error_text(error), "revision": no_update}


def _typed(kind: type[Input] | type[State]) -> dict[str, Any]:
    return {
        "crop": kind(Id.CROP, "value"),
        "cell": kind(Id.CELL, "value"),
        "low": kind(Id.LOW, "value"),
        "high": kind(Id.HIGH, "value"),
        "source": kind(Id.SOURCE, "value"),
        "day": kind(Id.FROM, "value"),
        "unit": kind(ShellId.UNIT, "value"),
    }
