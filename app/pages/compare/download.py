"""``GET /compare.csv``: the ranking of what the page shows, at the page's own address."""

from flask import Flask, Response, abort, request

from app.components import ConductivityUnit
from app.pages.compare.comparison import load
from app.pages.compare.ranking import csv_lines
from app.pages.compare.scene import Scene, scene_of
from app.pages.compare.source import CompareSource
from app.pages.compare.view import read_view
from app.pages.page import PageContext

ENDPOINT = "compare.csv"


def add_download(server: Flask, source: CompareSource, context: PageContext) -> None:
    """Add the route; who may ask is the server's business."""

    def compare_csv() -> Response:
        view = read_view(request.args)
        unit = ConductivityUnit.of(request.args.get("unit"), context.ppm_scale)
        scene = scene_of(source, view, usual_zone=context.time_zone, now=context.clock())
        if scene is None:
            abort(404, "none of these Pis has readings to compare; name them like devices=pi-1,pi-2")
        headers = {"Content-Disposition": f'attachment; filename="{file_name(scene)}"'}
        return Response(csv_lines(load(source, scene, unit), unit), mimetype="text/csv", headers=headers)

    server.add_url_rule("/compare.csv", ENDPOINT, compare_csv, methods=["GET"])


def file_name(scene: Scene) -> str:
    """Name the file by what is ranked and the days it reaches over."""
    days = (f"{at.astimezone(scene.zone):%Y-%m-%d}" for at in (scene.period.start, scene.period.end))
    return f"compare_{scene.view.quantity}_{'_'.join(days)}.csv"
