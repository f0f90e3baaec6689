import numpy as np
from dash import html, no_update
from plotly.io.json import to_json_plotly

from app.components import with_figure_written


def test_a_figure_beside_components_travels_as_it_is() -> None:
    trace = {"x": ["2026-04-01T00:00:00", None], "y": [1.5, float("nan")], "z": np.array([[1, 2]])}
    outputs = {"figure": {"data": [trace], "layout": {"title": "pH </b>"}}, "shown": [html.Span("1 day")]}

    written = to_json_plotly(with_figure_written(outputs))

    assert written == to_json_plotly(outputs)
    assert '"data":[{"x":["2026-04-01T00:00:00",null],"y":[1.5,null],"z":[[1,2]]}]' in written.replace("\\u002f", "/")


def test_outputs_that_leave_the_figure_alone_stay_as_they_are() -> None:
    outputs = {"figure": no_update, "shown": no_update}

    assert with_figure_written(outputs) == outputs
