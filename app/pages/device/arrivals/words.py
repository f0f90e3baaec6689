"""What has arrived, in words, with the longest silences as a table."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np
from babel import Locale
from babel.dates import format_timedelta
from dash import dcc, html
from dash.development.base_component import Component

from app.i18n import _, language, ngettext, number_text, time_text
from app.pages.device.arrivals.source import Arrivals
from app.pages.device.table import percent

#: So many silences are listed, the longest.
MOST_LISTED = 5


def report_view(found: Arrivals, zone: str) -> Component:
    """Say how many of the expected readings came, what was lost by number, and when nothing came."""
    sentences = [_arrived(found), _lost(found)]
    return html.Div([*(html.P(sentence) for sentence in sentences if sentence), *_silences(found, zone)])


def _arrived(found: Arrivals) -> str:
    by_time = found.by_time
    if not by_time.arrived:
        return _("No reading lies in this period.")
    if by_time.pace_s != by_time.pace_s:
        return _("One reading lies in this period; a pace needs two.")
    return _(
        "%(arrived)s of %(expected)s expected readings arrived (%(share)s), usually one every %(pace)s.",
        arrived=number_text(by_time.arrived, 0),
        expected=number_text(by_time.expected, 0),
        share=percent(by_time.share),
        pace=_width(by_time.pace_s),
    )


def _lost(found: Arrivals) -> str:
    if not found.by_time.arrived:
        return ""
    if found.lost is None:
        return _("These readings carry no numbers, so a loss on the way cannot be told from a device that was off.")
    missing = int(found.lost["missing"].sum())
    if not missing:
        return _("By the numbers that the Pi gives its readings, none was lost on the way.")
    return ngettext(
        "By the numbers that the Pi gives its readings, %(num)s never arrived.",
        "By the numbers that the Pi gives its readings, %(num)s never arrived.",
        missing,
    )


def _silences(found: Arrivals, zone: str) -> list[Component]:
    by_time = found.by_time
    longest = np.argsort(by_time.missing, kind="stable")[::-1][:MOST_LISTED]
    if not longest.size:
        return []
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in (_("Silent from"), _("For"), _("Missing"))]))
    rows = [_silence(found, int(place), zone) for place in longest]
    return [html.Table([head, html.Tbody(rows)], className="arrivals-table")]


def _silence(found: Arrivals, place: int, zone: str) -> Component:
    by_time = found.by_time
    after_ms, before_ms = int(by_time.after_ms[place]), int(by_time.before_ms[place])
    around_ms = max(before_ms - after_ms, 3_600_000)
    link = f"/devices/{quote(found.device.name)}?zoom={after_ms - around_ms}-{before_ms + around_ms}"
    start = time_text(datetime.fromtimestamp(after_ms / 1000, UTC), zone)
    cells = [_width((before_ms - after_ms) / 1000), number_text(int(by_time.missing[place]), 0)]
    return html.Tr([html.Th(dcc.Link(start, href=link), scope="row"), *(html.Td(cell) for cell in cells)])


def _width(seconds: float) -> str:
    return str(format_timedelta(timedelta(seconds=round(seconds)), threshold=1.5, locale=Locale(language())))
