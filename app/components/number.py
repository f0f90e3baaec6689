"""Numbers that people type, with the decimal mark of their language or with the other one."""

from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component


def number_input(id: str, label: str, **options: Any) -> Component:
    """Build a field for one number that is not negative; :mod:`app.typed_numbers` reads and writes what stands in it.

    It is a field for text: one for numbers drops the mark of another language where a value is pasted or filled in by
    the browser, and reads 1.400 one way or the other without asking.
    """
    return _field(id, label, keys="decimal", size="md", **options)


def count_input(id: str, label: str, **options: Any) -> Component:
    """Build a field for a whole number, for :func:`app.typed_numbers.read_count`."""
    return _field(id, label, keys="numeric", size="sm", **options)


def change_input(id: str, label: str) -> Component:
    """Build a field for a change, which may be negative: the keys for decimals of some phones have no minus."""
    return _field(id, label, keys="text", size="md")


def _field(id: str, label: str, *, keys: str, size: str, **options: Any) -> Component:
    return dmc.TextInput(id=id, label=label, size=size, inputProps={"inputMode": keys}, **options)
