"""Figures on screen: one place for the options that every graph needs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, dcc

from app.i18n import language


def graph(id: str | StrEnum, *, height: int | str, figure: go.Figure | None = None, **options: Any) -> dcc.Graph:
    """Build a graph that speaks the reader's language and fits its box.

    ``height`` is a number of pixels or a CSS length. Further ``options`` go to :class:`dcc.Graph`; a ``config``
    among them is added to the common one.
    """
    config: Any = {
        "locale": language(),
        "displaylogo": False,
        "responsive": True,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        **options.pop("config", {}),
    }
    return dcc.Graph(
        id=id, figure=figure or empty_figure(), config=config, style={"height": height}, responsive=True, **options
    )


def wall_times(wall_ms: npt.NDArray[np.float64]) -> list[str]:
    """Write milliseconds of a wall clock, as if that were UTC, as plotly takes times: to the second, without a zone.

    Numbers would be smaller, but plotly takes them for moments and draws them on the clock of the reader's browser:
    seven hours late in a browser in Jakarta, wherever the site is.
    """
    texts: list[str] = np.datetime_as_string(wall_ms.astype("M8[ms]"), unit="s").tolist()
    return texts


def with_figure_written(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give the outputs of a callback with their ``figure``, a dictionary, as the JSON that it will travel as.

    Where components stand beside it, Dash goes through every number and time of a figure before it writes the answer,
    which takes ten times as long as writing it. Without a figure, as with ``no_update``, nothing changes.
    """
    figure = outputs["figure"]
    if not isinstance(figure, dict):
        return dict(outputs)
    return {**outputs, "figure": orjson.Fragment(orjson.dumps(figure, option=orjson.OPT_SERIALIZE_NUMPY))}


def keep_zooms(app: Dash, graph: StrEnum, store: StrEnum) -> None:
    """Let ``store`` hold what the reader last did to the axis of time of ``graph``: zoomed, or ended a zoom.

    plotly reports its own resizing by the same property, often right behind a drag. A server that is asked about both
    would have its answer to the zoom dropped for that to the resizing.
    """
    app.clientside_callback(
        ClientsideFunction("zoom", "keep"),
        Output(store, "data"),
        Input(graph, "relayoutData"),
        prevent_initial_call=True,
    )


def empty_figure() -> go.Figure:
    """Give a figure without axes, for the moment before the first answer."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis_visible=False,
        yaxis_visible=False,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )
    return figure
