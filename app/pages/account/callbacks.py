"""What the page does: list the browsers, log one out, keep language and time zone."""

from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from app.components import pick_row, state_badge
from app.i18n import _, time_text
from app.pages.account.ids import Id
from app.pages.account.words import browser_text
from app.pages.page import PageContext
from app.people.account import OwnAccount
from app.people.errors import NotLoggedIn
from app.principal import current_user
from models.read.people import OpenSession

_HERE = "/account"


class AccountAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, account: OwnAccount, context: PageContext) -> None:
        self._account = account
        self._context = context

    def rows(self) -> list[Any]:
        """Answer the opening of the page, and every change: the browsers that are logged in."""
        try:
            return [self._row(one) for one in self._account.sessions(by=current_user())]
        except NotLoggedIn:
            return []

    def end(self, handle: str | None) -> str:
        """Answer the button; gives what became of it."""
        if handle is None:
            return _("Choose a browser in the list.")
        self._account.end_session(handle, by=current_user())
        return _("Logged out.")

    def save(self, language: str | None, time_zone: str | None) -> None:
        """Answer the button of language and time."""
        self._account.prefer(language=language, time_zone=time_zone, by=current_user())

    def _row(self, one: OpenSession) -> Any:
        user, zone = current_user(), self._context.zone_of_reader()
        is_here = user is not None and user.session == one.handle
        used = _("used %(when)s", when=time_text(one.last_used_at, zone))
        since = _("since %(when)s", when=time_text(one.created_at, zone))
        note = " · ".join(filter(None, (used, since, one.address)))
        aside = state_badge("active", _("this browser")) if is_here else None
        return pick_row(one.handle, html.Span(browser_text(one.user_agent)), note=note, aside=aside)


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = AccountAnswers(OwnAccount(context.engine, context.clock), context)

    @app.callback(Output(Id.ROWS, "children"), Input(Id.REVISION, "data"))
    def rows(_revision: int) -> list[Any]:
        return answers.rows()

    @app.callback(
        Output(Id.MESSAGE, "children"),
        Output(Id.REVISION, "data"),
        Input(Id.END, "n_clicks"),
        State(Id.SESSIONS, "value"),
        State(Id.REVISION, "data"),
        prevent_initial_call=True,
    )
    def end(_clicks: int | None, handle: str | None, revision: int) -> tuple[str, int]:
        return answers.end(handle), revision + 1

    @app.callback(
        Output(Id.RELOAD, "href"),
        Input(Id.SAVE, "n_clicks"),
        State(Id.LANGUAGE, "value"),
        State(Id.TIME_ZONE, "value"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, language: str | None, time_zone: str | None) -> Any:
        if not clicks:
            return no_update
        answers.save(language, time_zone)
        return _HERE
