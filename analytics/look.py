"""How a figure looks, in the dashboard as in a notebook: its colors and its quiet axes, as plain data."""

from dataclasses import dataclass
from typing import Any, Final

FONT: Final = "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors of figures in one scheme; strict CSS, as plotly 7 demands.

    The three quantities differ in lightness as well as in hue, and so do the states: none of them is told apart by
    red and green alone.
    """

    text: str
    muted: str
    line: str
    surface: str
    accent: str
    ph: str
    ec: str
    water: str
    band: str
    good: str
    out: str
    suspect: str
    fail: str
    silent: str


LIGHT: Final = Palette(
    text="#17212b",
    muted="#5c6975",
    line="#e4e9ed",
    surface="#ffffff",
    accent="#0d7485",
    ph="#6b4fc4",
    ec="#0d7485",
    water="#c2570c",
    band="rgba(23, 137, 155, 0.10)",
    good="#0f7a5c",
    out="#c2410c",
    suspect="#876400",
    fail="#b3123e",
    silent="#5c6975",
)
DARK: Final = Palette(
    text="#e3e8ec",
    muted="#93a0ab",
    line="#2a323a",
    surface="#151a20",
    accent="#4cbccd",
    ph="#a892f5",
    ec="#4cbccd",
    water="#f2964b",
    band="rgba(76, 188, 205, 0.12)",
    good="#4cc79d",
    out="#ff8a5c",
    suspect="#e0b64a",
    fail="#ff7d9c",
    silent="#93a0ab",
)


def figure_layout(colors: Palette) -> dict[str, Any]:
    """Give the layout of a figure on a transparent ground: ``go.layout.Template(layout=figure_layout(LIGHT))``."""
    axis = {
        "gridcolor": colors.line,
        "linecolor": colors.line,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"size": 12, "color": colors.muted}},
    }
    return {
        # The figure lies on a card, whose color is the page's business.
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": colors.muted},
        "colorway": [colors.ec, colors.ph, colors.water, colors.good, colors.suspect, colors.silent],
        "xaxis": axis,
        "yaxis": axis,
        "margin": {"l": 48, "r": 16, "t": 16, "b": 32},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": colors.surface, "bordercolor": colors.line, "font": {"color": colors.text}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": colors.text}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colors.muted, "activecolor": colors.accent},
    }
