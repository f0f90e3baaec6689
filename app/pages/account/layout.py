"""The page as it arrives. The password travels in a plain form, never through a callback."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ZONE_SEARCH, card, page_header, pick_list, zone_names
from app.i18n import LANGUAGES, _, zone_text
from app.pages.account.ids import Id
from app.pages.account.words import Said, said_text
from app.pages.page import PageContext
from app.principal import current_user


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page of whoever asks; ``?said=`` tells what became of the form."""
    user = current_user()
    return html.Div(
        [
            dcc.Store(id=Id.REVISION, data=0),
            dcc.Location(id=Id.RELOAD, refresh=True),
            page_header(_("Your account"), subtitle=user.name if user else None),
            html.Div(
                [html.Div([_sessions(), _preferences(context)]), html.Div(_password(query.get("said", "")))],
                className="desk",
            ),
        ],
        className="account-page",
    )


def _password(said: str) -> Component:
    text = said_text(said)
    kind = "said" if said == Said.CHANGED else "said said-problem"
    fields = [
        _secret("present", _("Present password"), "current-password"),
        _secret("new", _("New password"), "new-password"),
        _secret("again", _("The same password again"), "new-password"),
    ]
    form = html.Form(
        [
            *([html.Div(text, className=kind, role="status")] if text else []),
            *fields,
            html.P(_("At least 12 characters; four words are good."), className="note"),
            html.Div(html.Button(_("Change password"), type="submit", className="form-button"), className="buttons"),
        ],
        action="/account/password",
        method="post",
        className="form-column",
    )
    return card(form, title=_("Password"))


def _secret(name: str, label: str, autocomplete: str) -> Component:
    return dmc.PasswordInput(name=name, label=label, autoComplete=autocomplete, required=True, withAsterisk=False)


def _preferences(context: PageContext) -> Component:
    user = current_user()
    languages = [{"value": code, "label": name} for code, name in LANGUAGES.items()]
    zone = dmc.Select(
        id=Id.TIME_ZONE,
        label=_("Time zone"),
        description=_("For what belongs to no tank. Readings show the time of their site."),
        data=[{"value": name, "label": text} for name, text in zone_names().items()],
        value=user.time_zone if user else None,
        placeholder=zone_text(context.time_zone),
        clearable=True,
        **ZONE_SEARCH,
    )
    language = dmc.Select(
        id=Id.LANGUAGE,
        label=_("Language"),
        data=languages,
        value=user.language if user else None,
        placeholder=_("As the browser says"),
        clearable=True,
    )
    button = html.Div(dmc.Button(_("Save"), id=Id.SAVE, variant="light"), className="buttons")
    return card(html.Div([language, zone, button], className="form-column"), title=_("Language and time"))


def _sessions() -> Component:
    end = dmc.Button(_("Log out this browser"), id=Id.END, variant="light", color="red")
    parts = [
        pick_list(Id.SESSIONS, label=_("Open sessions")),
        html.Div(end, className="buttons"),
        html.Div(id=Id.MESSAGE, className="said", role="status"),
    ]
    return card(html.Div(parts, className="form-column"), title=_("Where you are logged in"))
