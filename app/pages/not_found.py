"""What a reader sees under an address that leads nowhere, or not for them."""

from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component

from app.components import dead_end
from app.i18n import _


def not_found(**_path_variables: Any) -> Component:
    """Say that there is no such page, and lead back."""
    return dead_end(
        title=_("There is nothing at this address"),
        text=_("The link may be old, or a name in it may be misspelt."),
        action=_home(),
    )


def not_allowed() -> Component:
    """Say that a page is there, for others."""
    return dead_end(
        title=_("This page is for administrators"),
        text=_("Ask one of them if you need it."),
        action=_home(),
        picture="user",
    )


def _home() -> Component:
    return dmc.Anchor(_("Go to Today"), href="/")
