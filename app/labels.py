"""Stickers for the Pis: a code that opens the tank's page, and the name in letters. They hold no secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import segno
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Engine

from app.i18n import _, language
from models.db import session_scope
from models.errors import DeviceNameInvalid
from models.names import checked_name, expand_names
from models.read.devices import list_devices

#: Three columns of eight on A4, as stickers of 70 x 37 mm are sold.
PER_SHEET = 24
MOST_LABELS = 999


@dataclass(frozen=True, slots=True)
class Label:
    """One sticker: the name, where the Pi stands, the address behind the code, and the code as SVG."""

    name: str
    place: str
    address: str
    code: Markup


def create_labels(engine: Engine) -> Blueprint:
    """Make ``/d/<name>``, to which stickers lead, and ``/labels``, the sheets to print."""
    blueprint = Blueprint("labels", __name__)

    @blueprint.get("/d/<name>")
    def sticker(name: str) -> ResponseReturnValue:
        try:
            return redirect(f"/devices/{checked_name(name)}", 302)
        except DeviceNameInvalid:
            return redirect("/fleet", 302)

    @blueprint.get("/labels")
    def sheets() -> ResponseReturnValue:
        try:
            labels = make_labels(engine, request.args.get("devices", ""), request.host_url)
        except DeviceNameInvalid as error:
            return Response(str(error), 400, content_type="text/plain; charset=utf-8")
        pages = [labels[start : start + PER_SHEET] for start in range(0, len(labels), PER_SHEET)]
        return render_template("labels.html", language=language(), pages=pages, nothing=_("No devices yet"))

    return blueprint


def make_labels(engine: Engine, names: str, server: str) -> list[Label]:
    """Make a sticker for each of ``names`` (``"pi-1..pi-24"``; empty for all devices), also before they have joined.

    Raises
    ------
    DeviceNameInvalid
        If a part of ``names`` is no name.
    """
    with session_scope(engine) as session:
        places = {
            device.name: " · ".join(filter(None, (device.site, device.zone)))
            for device in list_devices(session)
            if device.status != "retired"
        }
    chosen: Sequence[str] = expand_names(names) if names.strip() else list(places)
    return [_label(name, places.get(name, ""), server) for name in chosen[:MOST_LABELS]]


def _label(name: str, place: str, server: str) -> Label:
    address = f"{server.rstrip('/')}/d/{quote(name)}"
    # Level M survives a scratch or a splash of nutrient solution on a seventh of the code.
    code = segno.make(address, error="m", micro=False).svg_inline(scale=4, border=0, omitsize=True)
    return Label(name, place, address.split("://", 1)[1], Markup(code))
