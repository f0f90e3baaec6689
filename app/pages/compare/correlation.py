"""How alike tanks move, as a matrix; or how the quantities of one tank go together, as points."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from analytics.correlation import Correlations, correlations
from analytics.quantities import Quantity
from app.components import Look
from app.i18n import _, number_text
from app.pages.compare.comparison import Comparison, Figure
from app.pages.compare.frame import base_layout, number_format
from app.pages.device.panels import faded, packed
from app.theme import palette

FloatArray = npt.NDArray[np.float64]

#: From opposite over independent to alike: blue and orange, which every eye tells apart, pale or dark in the middle.
_SCALES = {
    "light": ((0.0, "#0b5394"), (0.5, "#f4f2ee"), (1.0, "#b9500f")),
    # As deep as white numbers need.
    "dark": ((0.0, "#2b6cb0"), (0.5, "#20262d"), (1.0, "#b9500f")),
}
#: Numbers are written into the cells of a matrix up to this size.
_MOST_WRITTEN = 14
_STRONG, _CLEAR, _WEAK = 0.8, 0.5, 0.3
#: Conductivity against temperature and pH, and these two against each other.
PAIRS = ((Quantity.WATER, Quantity.EC), (Quantity.PH, Quantity.EC), (Quantity.WATER, Quantity.PH))


def matrix_figure(comparison: Comparison, look: Look) -> Figure:
    """Draw every pair of the chosen traces; pointing at one says in words what its number means."""
    found, names = matrix_of(comparison), [trace.name for trace in comparison.scene.current]
    size = len(names)
    words = [
        [_pair_text(names[row], names[column], found, row, column) for column in range(size)] for row in range(size)
    ]
    written = size <= (_MOST_WRITTEN if not look.narrow else _MOST_WRITTEN // 2)
    texts = [[_number(value) if written else "" for value in row] for row in found.r.tolist()]
    cells = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": [[None if value != value else round(value, 3) for value in row] for row in found.r.tolist()],
        "zmin": -1,
        "zmax": 1,
        "colorscale": [list(stop) for stop in _SCALES["dark" if look.scheme == "dark" else "light"]],
        "text": texts,
        "texttemplate": "%{text}" if written else "",
        "customdata": words,
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "xgap": 1,
        "ygap": 1,
        "colorbar": {"thickness": 10, "tickvals": [-1, 0, 1], "outlinewidth": 0, "len": 0.6},
    }
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    layout = base_layout(look, revision=comparison.scene.view.address())
    layout |= {"xaxis": {**axis, "side": "top"}, "yaxis": {**axis, "autorange": "reversed"}, "dragmode": False}
    return {"data": [cells], "layout": layout | {"margin": {"l": 56, "r": 8, "t": 56, "b": 12}}}


def matrix_of(comparison: Comparison) -> Correlations:
    """Correlate the chosen traces, step by step."""
    return correlations(comparison.grid.mean[: len(comparison.scene.current)])


def matrix_words(comparison: Comparison) -> list[str]:
    """Say what the matrix says: how alike the tanks are, and who goes its own way."""
    found, names = matrix_of(comparison), [trace.name for trace in comparison.scene.current]
    apart = found.r[np.triu_indices(len(names), 1)]
    if len(names) < 2 or not np.isfinite(apart).any():
        return [_("Choose at least two Pis that measured at the same time.")]
    said = [
        _(
            "1 means that two tanks rise and fall together, −1 that one rises when the other falls, and 0 that they do "
            "not follow each other. The weather moves all tanks; a dose moves one."
        ),
        _("Half of all pairs are above %(r)s.", r=_number(float(np.nanmedian(apart)))),
    ]
    own = np.where(np.eye(len(names), dtype=bool), np.nan, found.r)
    counted = np.isfinite(own).sum(axis=1) >= 2
    middles = np.array([np.nanmedian(row) if enough else np.nan for row, enough in zip(own, counted, strict=True)])
    if np.isfinite(middles).any() and np.nanmin(middles) < min(_CLEAR, float(np.nanmedian(middles)) - 0.2):
        name = names[int(np.nanargmin(middles))]
        text = _("%(pi)s goes its own way: with half of the others it is below %(r)s.")
        said.append(text % {"pi": name, "r": _number(float(np.nanmin(middles)))})
    return said


def within_figure(parts: Mapping[Quantity, Comparison], look: Look) -> Figure:
    """Draw conductivity against temperature and pH, and these against each other: a point per step of one tank."""
    layout = base_layout(look, revision="within")
    layout |= {"margin": {"l": 52, "r": 8, "t": 28, "b": 40}, "dragmode": False}
    data, count = [], len(PAIRS)
    for place, (across, up) in enumerate(PAIRS):
        suffix = "" if place == 0 else str(place + 1)
        data.append(_points(parts[across], parts[up], suffix, look))
        start, stop = place / count + (0.04 if place else 0.0), (place + 1) / count - 0.02
        domains = {"x": [0.0, 1.0], "y": [1 - stop + 0.02, 1 - start - 0.02]} if look.narrow else {"x": [start, stop]}
        axes = {"x": parts[across].naming.heading, "y": parts[up].naming.heading}
        for letter, heading in axes.items():
            layout[f"{letter}axis{suffix}"] = {
                "title": {"text": heading, "standoff": 4},
                "anchor": f"{'y' if letter == 'x' else 'x'}{suffix}",
                "nticks": 5,
                "fixedrange": True,
                **({"domain": domains[letter]} if letter in domains else {}),
            }
    return {"data": data, "layout": layout}


def within_words(parts: Mapping[Quantity, Comparison]) -> list[str]:
    """Say for every pair how it goes together, and that this is no proof of a cause."""
    said = [_how(parts[across], parts[up]) for across, up in PAIRS]
    return [*said, _("Going together is no proof that one causes the other: day and night move all three.")]


def _how(across: Comparison, up: Comparison) -> str:
    r = _r_of(across, up)
    names = {"across": across.naming.title, "up": up.naming.title, "r": _number(r)}
    if r != r:
        return _("%(across)s and %(up)s: too few steps in which both were measured.") % names
    if abs(r) < _WEAK:
        return _("%(across)s and %(up)s hardly follow each other (r = %(r)s).") % names
    if r > 0:
        return _("When %(across)s rises, %(up)s mostly rises too (r = %(r)s).") % names
    return _("When %(across)s rises, %(up)s mostly falls (r = %(r)s).") % names


def _r_of(across: Comparison, up: Comparison) -> float:
    both = np.vstack([across.grid.mean[0], up.grid.mean[0]])
    return float(correlations(both).r[0, 1])


def _points(across: Comparison, up: Comparison, suffix: str, look: Look) -> Figure:
    x, y = across.grid.mean[0], up.grid.mean[0]
    both = np.isfinite(x) & np.isfinite(y)
    said = [f"{one.naming.title} {number_format(one, axis)}" for one, axis in ((across, "x"), (up, "y"))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(x[both].astype(np.float32)),
        "y": packed(y[both].astype(np.float32)),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "marker": {"size": 5, "color": faded(palette(look.scheme).accent, 0.45)},
        "showlegend": False,
        "hovertemplate": "<br>".join(said) + "<extra></extra>",
    }


def _pair_text(one: str, other: str, found: Correlations, row: int, column: int) -> str:
    if row == column:
        return f"<b>{one}</b>"
    r, common = float(found.r[row, column]), int(found.common[row, column])
    pair = _("%(one)s and %(other)s", one=one, other=other)
    if r != r:
        return f"<b>{pair}</b><br>" + _("too few steps in which both were measured")
    return f"<b>{pair}</b>: r = {_number(r)}<br>{_strength(r)}<br>" + _("over %(count)s common steps", count=common)


def _strength(r: float) -> str:
    strengths: Sequence[tuple[float, str]] = (
        (_STRONG, _("rise and fall together")),
        (_CLEAR, _("move largely alike")),
        (_WEAK, _("move a little alike")),
        (-_WEAK, _("do not follow each other")),
        (-_CLEAR, _("move a little against each other")),
    )
    return next((text for least, text in strengths if r >= least), _("move against each other"))


def _number(value: float) -> str:
    return number_text(value, 2)
