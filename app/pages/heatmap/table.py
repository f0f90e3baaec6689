"""The map's rows as a table: for keyboards and screen readers, and for numbers that a color cannot tell."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit
from app.i18n import _, number_text
from app.pages.heatmap.drawing import TableRow
from app.pages.heatmap.view import View, Weight
from app.pages.heatmap.words import decimals_of, quantity_text, share_text, unit_text


def shares_table(rows: Sequence[TableRow], view: View, unit: ConductivityUnit) -> Component:
    """Draw a row for every device, in the order of the map; its name leads to the same time on its own page."""
    mean = f"{quantity_text(view.quantity, unit)} {unit_text(view.quantity, unit)}".rstrip()
    counted = _("Severity") if view.weight is Weight.SEVERITY else _("Outside")
    names = [_("Device"), counted, _("Below"), _("Above"), _("Mean %(quantity)s", quantity=mean), _("Covered")]
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in names]))
    decimals = decimals_of(view.quantity, unit)
    return html.Table([head, html.Tbody([_row(row, decimals) for row in rows])], className="heatmap-table")


def _row(row: TableRow, decimals: int) -> Component:
    shares = [share_text(share) for share in (row.outside, row.below, row.above)]
    cells = [*shares, number_text(row.mean, decimals), share_text(row.covered)]
    name = html.Th(dcc.Link(row.name, href=row.link), scope="row")
    return html.Tr([name, *(html.Td(text) for text in cells)])
