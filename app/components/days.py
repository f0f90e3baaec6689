"""Choosing days instead of a ready-made range."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import dash_mantine_components as dmc

from app.components.blocks import icon, named
from app.i18n import _


def days_input(id: StrEnum, days: Sequence[date] | None) -> dmc.DatePickerInput:
    """Offer to choose from one day to another, both of them included."""
    return dmc.DatePickerInput(
        id=id,
        type="range",
        value=[day.isoformat() for day in days] if days else [None, None],
        placeholder=_("Choose days"),
        valueFormat="D MMM YYYY",
        clearable=True,
        allowSingleDateInRange=True,
        size="sm",
        leftSection=icon("calendar"),
        **named(_("Days")),
    )
