"""Colors of the product: the Mantine theme, and plotly templates for both color schemes.

assets/theme.css says the same colors to the rest of the page; tests/app/test_theme.py keeps the two together.
"""

from functools import cache
from typing import Any, Final, Literal

import plotly.graph_objects as go

from analytics.look import DARK, FONT, LIGHT, Palette, figure_layout

Scheme = Literal["light", "dark"]

_WATER = [
    "#e5f6f8",
    "#cdeaee",
    "#a0d5de",
    "#6fbfcc",
    "#48adbd",
    "#2c9cae",
    "#17899b",
    "#0d7485",
    "#095c6a",
    "#06444f",
]
_DARK = [
    "#d6dde3",
    "#aab5be",
    "#8894a0",
    "#67737f",
    "#39434d",
    "#2a323a",
    "#1d242b",
    "#151a20",
    "#10151a",
    "#0b0f13",
]

#: For ``dmc.MantineProvider(theme=…)``.
MANTINE_THEME: Final[dict[str, Any]] = {
    "primaryColor": "water",
    "primaryShade": {"light": 7, "dark": 5},
    "colors": {"water": _WATER, "dark": _DARK},
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
    "defaultRadius": "md",
    "cursorType": "pointer",
}


def palette(scheme: str | None) -> Palette:
    """Give the colors of a scheme; light until the browser has said which."""
    return DARK if scheme == "dark" else LIGHT


@cache
def figure_template(scheme: str | None) -> go.layout.Template:
    """Give the plotly template of a scheme: quiet axes on a transparent ground. Treat it as read-only."""
    return go.layout.Template(layout=figure_layout(palette(scheme)))
