"""What the page shows of keys, waiting Pis, newcomers and rows to be registered."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from app.components import pick_row, state_badge
from app.i18n import _, ngettext, time_text
from app.joining.registration import Preview
from models.read.enrollment import JoinedRecord, KeyRecord, KeyState, PendingRecord

#: Rows of a preview that are shown; the faults are all shown.
_SHOWN_ROWS = 12


def waiting_rows(waiting: Sequence[PendingRecord], zone: str) -> list[Component]:
    """Draw the Pis that wait; one whose name is still in use by another card comes in red."""
    if not waiting:
        return [html.P(_("No Pi waits for a decision."), className="note")]
    return [_waiting_row(one, zone) for one in waiting]


def _waiting_row(one: PendingRecord, zone: str) -> Component:
    name = one.device or _("new board")
    title = [name, html.Span(one.serial, className="quiet")]
    contested = _("Two Pis claim %(name)s", name=name)
    badge = state_badge("alarm", contested) if one.is_contested else state_badge("waiting", _("waiting"))
    return pick_row(str(one.id), title, note=[html.Div(line) for line in _known_of(one, zone)], aside=badge)


def _known_of(one: PendingRecord, zone: str) -> list[str]:
    """Say what speaks for and against letting a Pi in."""
    asked = time_text(one.created_at, zone)
    lines = [_("asks from %(address)s since %(when)s", address=one.address, when=asked)]
    if one.device is None:
        lines.append(_("not registered, joined never before"))
    elif one.last_seen_at is None:
        lines.append(_("the old card was never used"))
    else:
        seen = time_text(one.last_seen_at, zone)
        lines.append(
            _("old card last used %(when)s from %(address)s", when=seen, address=one.last_address or _("unknown"))
        )
        lines.append(_("same network") if one.is_same_network else _("another network than before"))
    told = [str(one.agent[key]) for key in ("model", "hostname", "agent") if one.agent.get(key)]
    return [*lines, " · ".join(told)] if told else lines


def joined_rows(joined: Sequence[JoinedRecord], zone: str) -> Component:
    """List the Pis that joined last."""
    if not joined:
        return html.P(_("No Pi has joined by itself yet."), className="note")
    rows = [
        html.Tr(
            [
                html.Td(time_text(one.joined_at, zone, "d MMM HH:mm:ss"), className="log-when"),
                html.Td(html.A(html.Strong(one.device), href=f"/devices/{one.device}")),
                html.Td(html.Code(one.serial or "")),
                html.Td(one.address or ""),
            ]
        )
        for one in joined
    ]
    head = html.Thead(html.Tr([html.Th(name) for name in (_("When"), _("Device"), _("Serial number"), _("From"))]))
    return html.Table([head, html.Tbody(rows)], className="log")


def key_rows(keys: Sequence[KeyRecord], zone: str, now: datetime) -> list[Component]:
    """Draw the keys, those that ended too."""
    if not keys:
        return [html.P(_("There is no key yet."), className="note")]
    return [_key_row(key, zone, now) for key in keys]


def _key_row(key: KeyRecord, zone: str, now: datetime) -> Component:
    state = key.state(now)
    words = {
        KeyState.OPEN: _("open"),
        KeyState.FULL: _("full"),
        KeyState.EXPIRED: _("expired"),
        KeyState.REVOKED: _("revoked"),
    }
    used = _("%(uses)s of %(most)s used", uses=key.uses, most=key.max_uses)
    until = _("until %(when)s", when=time_text(key.expires_at, zone))
    note = " · ".join(filter(None, (used, until, key.site, key.created_by)))
    title = [key.note or f"hfe_{key.id}", html.Span(f"hfe_{key.id}" if key.note else "", className="quiet")]
    return pick_row(
        key.id, title, note=note, aside=state_badge("active" if state is KeyState.OPEN else "ended", words[state])
    )


def preview_view(preview: Preview) -> Component:
    """Show what registering would do, faults first."""
    if preview.faults:
        faults = [
            html.Li(
                _("row %(row)s, %(field)s: %(detail)s", row=one.row, field=one.field, detail=one.said.in_language())
            )
            for one in preview.faults
        ]
        count = ngettext(
            "%(num)s fault; nothing can be registered until it is corrected.",
            "%(num)s faults; nothing can be registered until they are corrected.",
            len(preview.faults),
        )
        return html.Div([html.Div(count, className="said said-problem"), html.Ul(faults, className="faults")])
    new = sum(not row.is_there for row in preview.rows)
    text = ngettext("%(num)s new device", "%(num)s new devices", new)
    there = len(preview.rows) - new
    if there:
        text += " · " + ngettext("%(num)s is there already", "%(num)s are there already", there)
    return html.Div([html.Div(text, className="said"), _plan_table(preview)])


def _plan_table(preview: Preview) -> Component:
    rows = [
        html.Tr([html.Td(html.Strong(row.name)), *(html.Td(part or "") for part in _fields(row.device))])
        for row in preview.rows[:_SHOWN_ROWS]
    ]
    names = (_("Device"), _("Serial number"), _("Site"), _("Zone"), _("Crop"))
    table = html.Table([html.Thead(html.Tr([html.Th(name) for name in names])), html.Tbody(rows)], className="log")
    more = len(preview.rows) - _SHOWN_ROWS
    rest = (
        html.P(ngettext("and %(num)s more row", "and %(num)s more rows", more), className="note") if more > 0 else None
    )
    return html.Div([table, rest])


def _fields(device: object) -> tuple[str | None, ...]:
    return tuple(getattr(device, field) for field in ("serial", "site", "zone", "crop"))
