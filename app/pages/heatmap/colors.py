"""Colors of the map. Its values run from pale yellow over orange to dark brown, or the other way round in the dark:
lightness alone tells them apart. What is not known is bluish gray, which no color-blind eye takes for orange.

assets/76-heatmap.css says the same colors for the legend; tests/app/pages/heatmap/test_colors.py keeps them together.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MapColors:
    """``scale`` at ``places`` from 0 (always in range) to 1 (always out); strict CSS, as plotly 7 demands."""

    scale: tuple[str, ...]
    missing: str
    unjudged: str
    #: The first percents stand out from none at all: that is where a tank goes wrong.
    places: tuple[float, ...] = (0.0, 0.1, 0.35, 0.7, 1.0)


LIGHT: Final = MapColors(("#fff7e0", "#fdd694", "#f19a3e", "#b9500f", "#5c2106"), missing="#8fa3b8", unjudged="#d5dee8")
DARK: Final = MapColors(("#2b2113", "#5e3911", "#b3590f", "#f19a3e", "#ffe2ad"), missing="#50657d", unjudged="#2f3d4d")


def colors_of(scheme: str | None) -> MapColors:
    """Give the colors of a scheme; light until the browser has said which."""
    return DARK if scheme == "dark" else LIGHT
