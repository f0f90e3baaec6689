"""The colors in Python and in the style sheet are the same, and can be read."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from plotly.graph_objects import Figure

import app.theme
from analytics.look import DARK, LIGHT, Palette
from app.theme import figure_template, palette

SHEET = (Path(app.theme.__file__).parent / "assets" / "10-theme.css").read_text(encoding="utf-8")
MANTINE_SHEET = (Path(app.theme.__file__).parent / "assets" / "11-mantine.css").read_text(encoding="utf-8")
_LIGHT_CSS, _DARK_CSS = SHEET.split(':root[data-mantine-color-scheme="dark"]')


def css_colors(sheet: str) -> dict[str, str]:
    return dict(re.findall(r"--hf-([a-z-]+): ([^;]+);", sheet))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two #rrggbb colors."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("colors", "sheet"), [(LIGHT, _LIGHT_CSS), (DARK, _DARK_CSS)], ids=["light", "dark"])
def test_python_and_style_sheet_name_the_same_colors(colors: Palette, sheet: str):
    in_css = css_colors(sheet)

    differing = {name for name, color in asdict(colors).items() if color.replace("0.10", "0.1") != in_css.get(name)}

    assert differing == set()


@pytest.mark.parametrize("sheet", [_LIGHT_CSS, _DARK_CSS], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["text", "muted", "accent", "good", "out", "suspect", "fail"])
@pytest.mark.parametrize("ground", ["canvas", "surface"])
def test_words_can_be_read_on_every_ground(sheet: str, name: str, ground: str):
    colors = css_colors(sheet)

    assert contrast(colors[name], colors[ground]) >= 4.5


@pytest.mark.parametrize("sheet", [_LIGHT_CSS, _DARK_CSS], ids=["light", "dark"])
@pytest.mark.parametrize("state", ["good", "out", "suspect", "silent"])
def test_badges_can_be_read(sheet: str, state: str):
    colors = css_colors(sheet)

    assert contrast(colors[state], colors[f"{state}-ground"]) >= 4.5


@pytest.mark.parametrize("ground", ["canvas", "surface"])
@pytest.mark.parametrize("share", [0.1, 0.12], ids=["light button", "under the pointer"])
def test_a_light_button_can_be_read(ground: str, share: float):
    # Mantine lays a tenth of the accent over the ground, and a little more under the pointer.
    colors = css_colors(_LIGHT_CSS)
    under = [int(colors[ground][place : place + 2], 16) for place in (1, 3, 5)]
    accent = [int(colors["accent"][place : place + 2], 16) for place in (1, 3, 5)]
    mixed = [round(share * over + (1 - share) * below) for over, below in zip(accent, under, strict=True)]

    assert "--mantine-color-water-light-color: var(--hf-accent-deep);" in MANTINE_SHEET
    assert contrast(colors["accent-deep"], "#{:02x}{:02x}{:02x}".format(*mixed)) >= 4.5


def test_the_scheme_is_light_until_the_browser_has_said():
    assert palette(None) is LIGHT
    assert palette("dark") is DARK


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_template_is_accepted_by_plotly_and_leaves_the_ground_to_the_page(scheme: str):
    figure = Figure(layout={"template": figure_template(scheme)})

    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.template.layout.font.color == palette(scheme).muted
