"""The list of what happened, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit
from app.i18n import _, time_text
from app.pages.device.events.ids import edit_id, settle_id
from app.pages.device.events.tank_event import TankEvent, key_text
from app.pages.device.events.words import kind_name, size_text, source_text

#: Events on one page of the list.
PAGE_SIZE = 8


@dataclass(frozen=True, slots=True)
class Turned:
    """One page of a list: its events, newest first, and where in the list they stand, counted from 1."""

    events: Sequence[TankEvent]
    first: int
    last: int
    total: int


def turned(events: Sequence[TankEvent], page: int) -> Turned:
    """Turn to a page, or to the last one there is; ``events`` come oldest first."""
    pages = max(-(-len(events) // PAGE_SIZE), 1)
    start = min(max(page, 0), pages - 1) * PAGE_SIZE
    shown = events[::-1][start : start + PAGE_SIZE]
    return Turned(shown, start + 1, start + len(shown), len(events))


def event_list(events: Sequence[TankEvent], *, unit: ConductivityUnit, zone: str, may_edit: bool) -> Component:
    """Lay out one page; who may only look gets no buttons."""
    if not events:
        return html.P(_("Nothing is known to have happened in this period."), className="note")
    rows = [_row(event, unit, zone, _actions(event, zone) if may_edit else []) for event in events]
    return html.Ul(rows, className="events")


def _row(event: TankEvent, unit: ConductivityUnit, zone: str, actions: list[Component]) -> Component:
    what: list[Any] = [event_shape(event.kind), html.Span(kind_name(event.kind), className="event-kind")]
    what.append(html.Span(size_text(event, unit), className="event-size"))
    said = [html.Span(_("no event"), className="event-rejected")] if event.is_hidden else []
    said += [html.Span(event.note, className="event-note")] if event.note else []
    said += [html.Span(source_text(event), className="event-source")]
    return html.Li(
        [
            html.Span(time_text(event.started_at, zone), className="event-time"),
            html.Div(what, className="event-what"),
            html.Div(said, className="event-said"),
            html.Div(actions, className="event-actions"),
        ],
        className="event is-hidden" if event.is_hidden else "event",
        key=key_text(event.key),
    )


def event_shape(kind: str) -> Component:
    """Draw the shape that marks this kind in the figure, too."""
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return html.Span(className=f"event-shape event-shape-{kind}", **hidden)


def _actions(event: TankEvent, zone: str) -> list[Component]:
    if event.is_calibration:
        return [dcc.Link(_("Calibrate"), href="/calibrate", className="event-action")]
    if event.is_hidden:
        return [_settle("show", _("Bring back"), event, zone)]
    edit = html.Button(_("Edit"), id=edit_id(key_text(event.key)), **_looks(_("Edit"), event, zone))
    if event.is_told:
        return [edit, _settle("remove", _("Delete"), event, zone)]
    return [_settle("confirm", _("Confirm"), event, zone), edit, _settle("hide", _("Not an event"), event, zone)]


def _settle(action: str, text: str, event: TankEvent, zone: str) -> Component:
    return html.Button(text, id=settle_id(action, key_text(event.key)), **_looks(text, event, zone))


def _looks(text: str, event: TankEvent, zone: str) -> dict[str, Any]:
    # Twenty buttons called "Edit" are of no use to somebody who hears them.
    label = f"{text}: {kind_name(event.kind)}, {time_text(event.started_at, zone, 'd MMM HH:mm')}"
    return {"className": "event-action", "type": "button", "aria-label": label}
