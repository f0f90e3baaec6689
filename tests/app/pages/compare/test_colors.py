"""Twenty lines that everybody can tell apart."""

from itertools import combinations

import numpy as np
import pytest

from app.pages.compare.colors import DARK, DASHES, LIGHT, line_style
from app.pages.compare.scene import MOST_LINES
from app.theme import palette

USUAL = np.eye(3)
# Machado, Oliveira and Fernandes 2009, severity 1.0.
PROTAN = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
DEUTAN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
# sRGB to CIE XYZ, D65 (IEC 61966-2-1), and the white point.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(color: str) -> np.ndarray:
    parts = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(color: str, eye: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(eye @ linear(color), 0, 1) / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float((TO_XYZ @ linear(color))[1]) for color in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize("eye", [USUAL, PROTAN, DEUTAN])
def test_no_two_colors_look_alike_to_any_eye(colors, eye):
    nearest = min(np.linalg.norm(lab(one, eye) - lab(other, eye)) for one, other in combinations(colors, 2))

    assert nearest > 20


@pytest.mark.parametrize(("scheme", "colors"), [("light", LIGHT), ("dark", DARK)])
def test_every_color_stands_out_from_its_ground(scheme, colors):
    assert min(contrast(color, palette(scheme).surface) for color in colors) >= 3


def test_twenty_lines_are_told_apart_by_color_or_dash():
    styles = {tuple(line_style(place, "light").values()) for place in range(MOST_LINES)}

    assert len(styles) == MOST_LINES <= len(LIGHT) * len(DASHES)
