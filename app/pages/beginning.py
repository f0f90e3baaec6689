"""What a reader sees on a server that has no device yet: the same first steps on every page."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components import empty_state
from app.i18n import _
from app.principal import Role, current_user


def no_devices(text: str) -> Component:
    """Say that there is no device yet, what the page will do then, and what this reader can do now."""
    return empty_state(title=_("No devices yet"), text=[text, *first_steps(), *_hints()])


def first_steps() -> list[Component]:
    """Lead to where Pis join and logs are imported, as far as this reader may go there."""
    links = [
        *([dmc.Anchor(_("Let Pis join"), href="/join")] if _may(Role.ADMIN) else []),
        *([dmc.Anchor(_("Import a log"), href="/import")] if _may(Role.AGRONOMIST) else []),
    ]
    return [html.Div(links, className="empty-links")] if links else []


def _hints() -> list[Component]:
    if not _may(Role.ADMIN):
        return [html.P(_("An administrator lets Pis join."))]
    return [html.P(_("To look around first, with a simulated fleet:")), html.Code("./hydrofleet demo")]


def _may(role: Role) -> bool:
    user = current_user()
    return user is not None and user.role.includes(role)
