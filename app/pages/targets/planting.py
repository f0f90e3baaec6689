"""The tanks: choosing some, and saying what grows in them from when on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Engine

from app.components import Names
from app.i18n import _, time_text
from app.pages.beginning import no_devices
from app.pages.page import PageContext
from app.pages.targets.days import chosen_day, midnight
from app.pages.targets.drawing import planting_list, tank_cards, tank_text
from app.pages.targets.ids import NOTHING, Id
from app.pages.targets.source import Tank, TargetSource
from app.pages.targets.words import DAY, error_text, planting_text
from app.principal import Principal, Role, current_user
from app.targets import TargetRefused, empty_tanks, plant_crop
from models.db import session_scope
from models.errors import HydrofleetError

Outputs = dict[str, Any]


class PlantingAnswers:
    """What the page answers about tanks; each method is the body of one callback."""

    def __init__(self, source: TargetSource, engine: Engine, context: PageContext) -> None:
        self._source = source
        self._engine = engine
        self._context = context

    def tanks(self, search: str | None) -> Any:
        """Answer a search or a change: the tanks found."""
        crops = self._source.crops()
        found = self._found(search, crops)
        if not found and not search:
            return no_devices(_("What grows in each tank is said here, once there is one."))
        return tank_cards(found, crops)

    def choose(self, search: str | None, chosen: list[str], *, moved: str | None) -> list[str]:
        """Answer the two buttons that choose many tanks."""
        if moved == Id.CHOOSE_NONE:
            return []
        found = [tank.name for tank in self._found(search, self._source.crops())]
        return list(dict.fromkeys([*chosen, *found]))

    def effect(self, chosen: list[str], crop: str | None, day: str | None) -> Outputs:
        """Answer a change of the choice: what planting would do, and what grew in a tank chosen alone."""
        grown = self._grown(chosen[0]) if len(chosen) == 1 else []
        return {**self._effect(chosen, crop, midnight(day, self._context)), "plantings": grown}

    def plant(
        self, chosen: list[str], crop: str | None, days: tuple[str | None, str | None], *, by: Principal | None
    ) -> str:
        """Answer *Save*: ``days`` are the first day in the tanks and that of transplanting.

        Raises
        ------
        TargetRefused, HydrofleetError
            If nothing was changed.
        """
        if not chosen or crop is None:
            return _("Choose tanks and a crop.")
        started_at, now = midnight(days[0], self._context), self._context.clock()
        transplanted_on = chosen_day(days[1] or days[0], self._context)
        with session_scope(self._engine) as session:
            if crop == NOTHING:
                empty_tanks(session, chosen, ended_at=started_at, by=by, now=now)
            else:
                plant_crop(
                    session, chosen, crop, started_at=started_at, transplanted_on=transplanted_on, by=by, now=now
                )
        return _("Saved.")

    def _grown(self, name: str) -> list[Component]:
        heading = html.H3(_("What grew in %(name)s", name=name), className="targets-heading")
        return [heading, *planting_list(self._source.plantings(name), self._source.crops(), self._context.time_zone)]

    def _found(self, search: str | None, crops: Mapping[str, Names]) -> list[Tank]:
        words = (search or "").casefold().split()
        return [
            tank
            for tank in self._source.tanks(self._context.clock())
            if all(word in _said(tank, crops) for word in words)
        ]

    def _effect(self, chosen: list[str], crop: str | None, started_at: datetime) -> Outputs:
        user = current_user()
        if user is None or not user.role.includes(Role.AGRONOMIST):
            return {"effect": _("Only agronomists and administrators may change targets."), "disabled": True}
        if not chosen or crop is None:
            return {"effect": _("Choose tanks and a crop."), "disabled": True}
        try:
            effect = self._source.effect_of_planting(chosen, started_at=started_at)
        except HydrofleetError as error:
            return {"effect": str(error), "disabled": True}
        day = time_text(started_at, self._context.time_zone, DAY)
        planted = None if crop == NOTHING else crop
        said = planting_text(effect, len(chosen), planted, self._source.crops(), day)
        return {"effect": said, "disabled": False}


def _said(tank: Tank, crops: Mapping[str, Names]) -> str:
    return " ".join([tank.name, tank.site or "", tank.zone or "", tank_text(tank, crops)]).casefold()


def register(app: Dash, answers: PlantingAnswers) -> None:
    """Attach these callbacks to ``app``; call once per app."""

    @app.callback(Output(Id.TANKS, "children"), Input(Id.SEARCH, "value"), Input(Id.REVISION, "data"))
    def tanks(search: str | None, _revision: int) -> Any:
        return answers.tanks(search)

    @app.callback(
        Output(Id.TANKS, "value"),
        Input(Id.CHOOSE_ALL, "n_clicks"),
        Input(Id.CHOOSE_NONE, "n_clicks"),
        State(Id.SEARCH, "value"),
        State(Id.TANKS, "value"),
        prevent_initial_call=True,
    )
    def choose(_all: int | None, _none: int | None, search: str | None, chosen: list[str]) -> list[str]:
        return answers.choose(search, chosen, moved=ctx.triggered_id)

    @app.callback(
        output={
            "effect": Output(Id.PLANT_EFFECT, "children"),
            "disabled": Output(Id.PLANT, "disabled"),
            "plantings": Output(Id.PLANTINGS, "children"),
        },
        inputs={
            "chosen": Input(Id.TANKS, "value"),
            "crop": Input(Id.PLANT_CROP, "value"),
            "day": Input(Id.STARTED, "value"),
            "_revision": Input(Id.REVISION, "data"),
        },
    )
    def effect(chosen: list[str], crop: str | None, day: str | None, _revision: int) -> Outputs:
        return answers.effect(chosen, crop, day)

    @app.callback(
        output={
            "message": Output(Id.PLANT_MESSAGE, "children"),
            "revision": Output(Id.REVISION, "data", allow_duplicate=True),
        },
        inputs={
            "_plant": Input(Id.PLANT, "n_clicks"),
            "chosen": State(Id.TANKS, "value"),
            "crop": State(Id.PLANT_CROP, "value"),
            "days": (State(Id.STARTED, "value"), State(Id.TRANSPLANTED, "value")),
            "revision": State(Id.REVISION, "data"),
        },
        prevent_initial_call=True,
    )
    def plant(_plant: int | None, chosen: list[str], crop: str | None, days: Any, revision: int) -> Outputs:
        try:
            said = answers.plant(chosen, crop, (days[0], days[1]), by=current_user())
        except TargetRefused as error:
            return {"message": error_text(error), "revision": no_update}
        except HydrofleetError as error:
            return {"message": str(error), "revision": no_update}
        return {"message": said, "revision": revision + 1}
