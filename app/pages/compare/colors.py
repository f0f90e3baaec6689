"""Colors of up to twenty lines that a color-blind eye tells apart: seven colors, each in three kinds of line.

Any two of seven are at least 20 apart (CIE 1976) as usual, protan and deutan eyes see them, and each stands out from
its ground by 3:1 at least; tests/app/pages/compare/test_colors.py keeps both.
"""

from typing import Final

LIGHT: Final = ("#0b7285", "#b58900", "#332288", "#9c6ade", "#7a3b00", "#17212b", "#00785a")
DARK: Final = ("#56b4e9", "#e6c229", "#e03a78", "#8ce99a", "#845ef7", "#f4f6f8", "#a07000")
DASHES: Final = ("solid", "6px,3px", "2px,3px")


def line_style(place: int, scheme: str | None) -> dict[str, str]:
    """Give color and dash of the line at a place, from 0."""
    colors = DARK if scheme == "dark" else LIGHT
    return {"color": colors[place % len(colors)], "dash": DASHES[place // len(colors) % len(DASHES)]}
