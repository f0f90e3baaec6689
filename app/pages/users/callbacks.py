"""What the page does: list people, show the one that is chosen, and carry out what is asked."""

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update
from flask import request

from app.components import pick_row, state_badge
from app.components.once import shown_once
from app.i18n import _, ngettext, time_text
from app.pages.page import PageContext
from app.pages.users.ids import Id
from app.pages.users.words import error_text, last_seen_text, role_text, state_of
from app.people.desk import People
from app.people.errors import OnlyAdministrators
from app.people.invitations import Invitation
from app.principal import Role, current_user
from models.errors import HydrofleetError
from models.read.people import Person

Outputs = dict[str, Any]


class UsersAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, people: People, context: PageContext) -> None:
        self._people = people
        self._context = context

    def rows(self) -> list[Any]:
        """Answer the opening of the page, and every change: everybody."""
        return [self._row(person) for person in self._everybody()]

    def chosen(self, name: str | None) -> Outputs:
        """Answer the choice of a person: what there is to know, and what can be done."""
        person = next((one for one in self._everybody() if one.name == name), None)
        if person is None:
            return {
                "name": html.P(_("Choose somebody in the list."), className="note"),
                "hidden": True,
                "role": no_update,
                "disable_hidden": True,
                "enable_hidden": True,
            }
        is_disabled = person.disabled_at is not None
        return {
            "name": html.Div([html.Strong(person.name), html.Div(self._about(person), className="note")]),
            "hidden": False,
            "role": person.role,
            "disable_hidden": is_disabled,
            "enable_hidden": not is_disabled,
        }

    def act(self, moved: str | None, *, name: str | None, role: str, new_name: str, new_role: str) -> Outputs:
        """Answer a button; gives what became of it, and a link where one was made."""
        user = current_user()
        if moved == Id.INVITE:
            invitation = self._people.invite(new_name or "", Role(new_role), by=user)
            return self._with_link(invitation)
        if name is None:
            return {"message": _("Choose somebody in the list."), "once": no_update}
        if moved == Id.LINK:
            return self._with_link(self._people.renew_link(name, by=user))
        changes: dict[str, tuple[Callable[[], None], str]] = {
            Id.SAVE_ROLE: (lambda: self._people.change_role(name, Role(role), by=user), _("The role is changed.")),
            Id.SIGN_OUT: (lambda: self._people.sign_out(name, by=user), _("Logged out in every browser.")),
            Id.DISABLE: (lambda: self._people.disable(name, by=user), _("Can no longer log in.")),
            Id.ENABLE: (lambda: self._people.enable(name, by=user), _("May log in again.")),
        }
        change, said = changes[moved or ""]
        change()
        return {"message": said, "once": None}

    def _everybody(self) -> list[Person]:
        try:
            return self._people.everybody(by=current_user())
        except OnlyAdministrators:
            return []

    def _row(self, person: Person) -> Any:
        state, word = state_of(person)
        title = [person.name, html.Span(role_text(person.role), className="quiet")]
        note = last_seen_text(person, self._context.zone_of_reader())
        return pick_row(person.name, title, note=note, aside=state_badge(state, word))

    def _about(self, person: Person) -> str:
        zone = self._context.zone_of_reader()
        parts = [
            _("since %(when)s", when=time_text(person.created_at, zone, "d MMM y")),
            ngettext("%(num)s open session", "%(num)s open sessions", person.sessions),
        ]
        if person.invited_until:
            parts.append(_("link works until %(when)s", when=time_text(person.invited_until, zone)))
        return " · ".join(parts)

    def _with_link(self, invitation: Invitation) -> Outputs:
        until = time_text(invitation.expires_at, self._context.zone_of_reader())
        text = _(
            "Send this link to %(name)s and to nobody else. It works once, until %(when)s, and is not shown again.",
            name=invitation.name,
            when=until,
        )
        return {"message": "", "once": shown_once(text, request.host_url.rstrip("/") + invitation.path)}


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = UsersAnswers(People(context.engine, context.clock), context)

    @app.callback(Output(Id.ROWS, "children"), Input(Id.REVISION, "data"))
    def rows(_revision: int) -> list[Any]:
        return answers.rows()

    @app.callback(
        output={
            "name": Output(Id.NAME, "children"),
            "hidden": Output(Id.CHOSEN, "hidden"),
            "role": Output(Id.ROLE, "value"),
            "disable_hidden": Output(Id.DISABLE, "display"),
            "enable_hidden": Output(Id.ENABLE, "display"),
        },
        inputs={"name": Input(Id.LIST, "value"), "_revision": Input(Id.REVISION, "data")},
    )
    def chosen(name: str | None, _revision: int) -> Outputs:
        shown = answers.chosen(name)
        hidden = {key: "none" if shown[key] else "inline-block" for key in ("disable_hidden", "enable_hidden")}
        return {**shown, **hidden}

    @app.callback(
        output={
            "message": Output(Id.MESSAGE, "children"),
            "once": Output(Id.ONCE, "children"),
            "revision": Output(Id.REVISION, "data"),
        },
        inputs={
            "_clicks": [
                Input(id, "n_clicks") for id in (Id.INVITE, Id.SAVE_ROLE, Id.LINK, Id.SIGN_OUT, Id.DISABLE, Id.ENABLE)
            ],
            "name": State(Id.LIST, "value"),
            "role": State(Id.ROLE, "value"),
            "new_name": State(Id.NEW_NAME, "value"),
            "new_role": State(Id.NEW_ROLE, "value"),
            "revision": State(Id.REVISION, "data"),
        },
        prevent_initial_call=True,
    )
    def act(_clicks: list[Any], revision: int, **values: Any) -> Outputs:
        try:
            return {**answers.act(ctx.triggered_id, **values), "revision": revision + 1}
        except HydrofleetError as error:
            return {"message": error_text(error), "once": no_update, "revision": no_update}
