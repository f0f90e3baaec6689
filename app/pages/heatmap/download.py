"""``GET /heatmap.csv``: the numbers of the map, one line for every device and column, at the page's own address."""

from collections.abc import Iterator

import numpy as np
from flask import Flask, Response, request

from analytics.quantities import Quantity
from app.pages.heatmap.drawing import Scene, scene_of
from app.pages.heatmap.matrix import Matrix, matrix_of
from app.pages.heatmap.source import HeatmapSource
from app.pages.heatmap.view import Side, read_view
from app.pages.page import PageContext

ENDPOINT = "heatmap.csv"
END_OF_LINE = "\r\n"
#: Canonical units, so that files of two readers can be put together.
_MEANS = {Quantity.PH: "mean_ph", Quantity.EC: "mean_ec_us_cm", Quantity.WATER: "mean_water_c"}


def add_download(server: Flask, source: HeatmapSource, context: PageContext) -> None:
    """Add the route; who may ask is the server's business."""

    def heatmap_csv() -> Response:
        view = read_view(request.args)
        scene = scene_of(source, view, usual_zone=context.time_zone, now=context.clock())
        cells = source.cells(scene.devices, view, scene.stretch)
        matrix = matrix_of(cells.shown, [one.id for one in scene.devices], scene.stretch)
        headers = {"Content-Disposition": f'attachment; filename="{file_name(scene)}"'}
        return Response(lines(scene, matrix), mimetype="text/csv", headers=headers)

    server.add_url_rule("/heatmap.csv", ENDPOINT, heatmap_csv, methods=["GET"])


def file_name(scene: Scene) -> str:
    """Name the file by what it holds and the days it reaches over."""
    days = (f"{at.astimezone(scene.zone):%Y-%m-%d}" for at in (scene.stretch.start, scene.stretch.end))
    return f"heatmap_{_MEANS[scene.view.quantity].removeprefix('mean_')}_{'_'.join(days)}.csv"


def lines(scene: Scene, matrix: Matrix) -> Iterator[str]:
    """Write the head, then a piece for every device.

    Shares are 0..1 of the time for which there was a band, ``covered`` of the whole column; an empty one is not known.
    Only names of devices, times and numbers are written, so no cell can be a spreadsheet's formula.
    """
    names = ("device", "start_utc", _MEANS[scene.view.quantity], "below", "above", "covered")
    yield ",".join(names) + END_OF_LINE
    stretch = scene.stretch
    starts_ms = round(stretch.start.timestamp() * 1000) + np.arange(stretch.columns) * _step_ms(scene)
    starts = [f"{text}Z" for text in np.datetime_as_string(starts_ms.astype("M8[ms]"), unit="s").tolist()]
    covered = matrix.covered_s / stretch.step.total_seconds()
    parts = (matrix.mean(), matrix.outside(Side.BELOW), matrix.outside(Side.ABOVE), covered)
    for place, device in enumerate(scene.devices):
        columns = ([_number(value) for value in part[place].tolist()] for part in parts)
        rows = zip(starts, *columns, strict=True)
        yield "".join(f"{device.name},{','.join(row)}{END_OF_LINE}" for row in rows)


def _step_ms(scene: Scene) -> int:
    return round(scene.stretch.step.total_seconds() * 1000)


def _number(value: float) -> str:
    return "" if value != value else f"{value:.6g}"
