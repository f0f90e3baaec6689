"""A secret on screen, once: what it is for, the text itself, and a button that copies it."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components.blocks import Content
from app.i18n import _


def shown_once(text: Content, secret: str, *, then: Content = None) -> Component:
    """Show a secret that nobody will see again; ``text`` says what to do with it, ``then`` what comes after."""
    parts: list[Component] = [
        html.Div(text),
        html.Div(
            [
                html.Code(secret),
                dmc.CopyButton(_("Copy"), value=secret, copiedChildren=_("Copied"), variant="light", size="xs"),
            ],
            className="once-secret",
        ),
    ]
    if then is not None:
        parts.append(html.Div(then, className="note"))
    return html.Div(parts, className="once")
