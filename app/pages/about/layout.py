"""The page as it arrives; what changes follows in a callback."""

from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from app.components import card, page_header
from app.i18n import _
from app.pages.about.ids import Id
from app.pages.page import PageContext
from app.version import program_version

_TICK_MS = 30_000


def layout(_context: PageContext, _query: Mapping[str, str]) -> Component:
    """Build the page."""
    about = _("water-quality analytics that growers run themselves")
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            page_header(_("About"), subtitle=f"hydrofleet {program_version()}: {about}"),
            html.Div(
                [
                    html.Div([card(html.Dl(id=Id.HEALTH, className="facts"), title=_("How the server is"))]),
                    html.Div([card(html.Dl(id=Id.FACTS, className="facts"), title=_("The database")), _reading()]),
                ],
                className="desk",
            ),
        ]
    )


def _reading() -> Component:
    links = [
        html.Li(html.A(_("API reference to try out"), href="/api/docs")),
        html.Li(html.A(_("API reference to read"), href="/api/redoc")),
        html.Li(html.A(_("Is the server ready? (for monitoring)"), href="/readyz")),
    ]
    licence = html.P(_("Free software under the MIT licence."), className="note")
    return card([html.Ul(links, className="about-links"), licence], title=_("More"))
