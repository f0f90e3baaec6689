"""One answer of the page: from the visitor's choices to figure, words, ranking and the link to the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.components import Look
from app.pages.compare.cohort import cohort_figure
from app.pages.compare.comparison import Comparison, Figure, quantities_of_one
from app.pages.compare.correlation import matrix_figure, matrix_words, within_figure, within_words
from app.pages.compare.multiples import multiples_figure, multiples_height
from app.pages.compare.overlay import overlay_figure
from app.pages.compare.ranking import rows_of
from app.pages.compare.source import CompareSource
from app.pages.compare.view import Between, Shape
from app.pages.compare.words import caption, method_words, summary
from app.pages.device.displayed import Naming

_LINES_PX, _NARROW_LINES_PX = 560, 420


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the browser gets for one choice; ``height`` is in pixels, ``caption`` and ``words`` are sentences."""

    figure: Figure
    height: int
    summary: str
    caption: Sequence[str]
    words: Sequence[str]
    ranking: Sequence[dict[str, Any]]
    naming: Naming


def draw(source: CompareSource, comparison: Comparison, look: Look) -> Drawing | None:
    """Draw what was loaded; None if no reading lies in it."""
    if comparison.is_empty:
        return None
    figure, height, words = _shaped(source, comparison, look)
    return Drawing(
        figure, height, summary(comparison), caption(comparison), words, rows_of(comparison), comparison.naming
    )


def _shaped(source: CompareSource, comparison: Comparison, look: Look) -> tuple[Figure, int, list[str]]:
    view = comparison.scene.view
    words = method_words(view, comparison)
    height = _NARROW_LINES_PX if look.narrow else _LINES_PX
    if view.shape is Shape.MULTIPLES:
        return multiples_figure(comparison, look), multiples_height(len(comparison.scene.current), look), words
    if view.shape is Shape.COHORT:
        return cohort_figure(comparison, look), height, words
    if view.shape is Shape.CORRELATION:
        return _correlated(source, comparison, look)
    return overlay_figure(comparison, look), height, words


def _correlated(source: CompareSource, comparison: Comparison, look: Look) -> tuple[Figure, int, list[str]]:
    scene = comparison.scene
    if scene.view.between is Between.PIS:
        size = len(scene.current)
        height = max(320, min(80 + size * (44 if size <= 14 else 20), 1600))
        return matrix_figure(comparison, look), height, matrix_words(comparison)
    names = [trace.name for trace in scene.current]
    place = names.index(scene.view.one) if scene.view.one in names else 0
    parts = quantities_of_one(source, scene, place, look.unit)
    return within_figure(parts, look), 900 if look.narrow else 420, within_words(parts)
