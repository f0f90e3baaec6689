"""The legend's colors are the map's, and lightness alone tells them apart."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import app
from app.pages.heatmap.colors import DARK, LIGHT, MapColors

SHEET = (Path(app.__file__).parent / "assets" / "76-heatmap.css").read_text("utf-8")


def luminance(color: str) -> float:
    """Relative luminance after WCAG 2.1."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("colors", "block"), [(LIGHT, 0), (DARK, 1)])
def test_the_style_sheet_says_the_same_colors(colors: MapColors, block: int):
    said = re.findall(r"--hf-map-[\w]+: (#\w+);", SHEET)

    assert said[7 * block : 7 * block + 7] == [*colors.scale, colors.missing, colors.unjudged]
    assert "var(--hf-map-1) 10%, var(--hf-map-2) 35%, var(--hf-map-3) 70%" in SHEET
    assert colors.places == (0.0, 0.1, 0.35, 0.7, 1.0)


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_more_out_of_range_is_always_darker_or_always_lighter(colors: MapColors):
    shades = [luminance(color) for color in colors.scale]

    assert shades in (sorted(shades), sorted(shades, reverse=True))
    assert all(abs(first - second) > 0.03 for first, second in pairwise(shades))


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_what_is_not_known_is_bluish_where_values_are_yellow(colors: MapColors):
    for color in (colors.missing, colors.unjudged):
        assert int(color[5:7], 16) > int(color[1:3], 16)
    for color in colors.scale:
        assert int(color[5:7], 16) < int(color[1:3], 16)
