"""Numbers that people type, with the decimal mark of their language and with the other one."""

from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component

from app.i18n import language


def number_input(id: str, label: str, *, decimals: int, **options: Any) -> Component:
    """Build a field for one number with at most ``decimals`` digits behind the mark.

    The number is shown with the mark of the reader's language. Point and comma both mean that mark when they are
    typed; no field groups thousands.
    """
    return dmc.NumberInput(
        id=id,
        label=label,
        decimalScale=decimals,
        decimalSeparator="," if language() == "id" else ".",
        allowedDecimalSeparators=[".", ","],
        hideControls=True,
        size="md",
        **options,
    )
