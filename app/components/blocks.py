"""Cards, headings, numbers with a name, and what stands where there is nothing to show."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

Content = Component | str | list[Any] | None


def icon(name: str, class_name: str = "") -> html.Span:
    """Draw the icon ``icon-<name>`` of assets/icons.css in the color of the text around it."""
    # The wildcard attribute is not in the generated signature, hence the dictionary.
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return html.Span(className=f"icon icon-{name} {class_name}".rstrip(), **hidden)


def card(children: Content, *, title: str | None = None, class_name: str = "", **options: Any) -> dmc.Paper:
    """Put ``children`` on a surface of their own, under a quiet ``title`` if there is one."""
    heading = [html.H2(title, className="card-title")] if title else []
    body = children if isinstance(children, list) else [children]
    return dmc.Paper([*heading, *body], className=f"card {class_name}".rstrip(), **options)


def page_header(title: Content, *, subtitle: Content = None, aside: Content = None) -> html.Header:
    """Head a page: its title, one line under it, and controls to the right (below it on a phone)."""
    words: list[Component] = [html.H1(title, className="page-title")]
    if subtitle is not None:
        words.append(html.Div(subtitle, className="page-subtitle"))
    return html.Header([html.Div(words), html.Div(aside, className="page-aside")], className="page-header")


def stat(label: Content, value: Content, *, note: Content = None, class_name: str = "", **options: Any) -> html.Div:
    """Show one number with its name above and, optionally, a note below."""
    return html.Div(
        [
            html.Div(label, className="stat-label"),
            html.Div(value, className="stat-value"),
            *([html.Div(note, className="stat-note")] if note is not None else []),
        ],
        className=f"stat {class_name}".rstrip(),
        **options,
    )


def empty_state(*, title: str, text: Content, action: Content = None, picture: str = "drop") -> html.Div:
    """Say why there is nothing to see, and what to do about it."""
    return _empty(html.H2(title, className="empty-title"), text, action, picture)


def dead_end(*, title: str, text: Content, action: Content, picture: str = "search") -> html.Div:
    """Say in the place of a whole page why it is not there, and where to go from here."""
    return _empty(html.H1(title, className="empty-title"), text, action, picture)


def _empty(title: Component, text: Content, action: Content, picture: str) -> html.Div:
    return html.Div(
        [icon(picture, "empty-icon"), title, html.Div(text, className="empty-text"), html.Div(action)],
        className="empty-state",
    )


def named(name: str) -> dict[str, Any]:
    """Name a control that has no label in sight, for those who do not see it."""
    return {"aria-label": name}
