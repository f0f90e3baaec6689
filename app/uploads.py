"""The way of a file from a browser onto the shelf, in pieces that fit into a request."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.i18n import _
from app.imports.shelf import NotTaken, Shelf
from app.principal import Role, current_user


def create_uploads(shelf: Shelf) -> Blueprint:
    """Build the route that the Import page sends files to; agronomists and administrators may."""
    blueprint = Blueprint("uploads", __name__)

    @blueprint.post("/import/pieces")
    def take_piece() -> ResponseReturnValue:
        reader = current_user()
        if reader is None or not reader.role.includes(Role.AGRONOMIST):
            return _refused(_("Only agronomists and administrators may import."), 403)
        try:
            asked = request.args
            upload = asked.get("upload") or shelf.begin(
                asked.get("name", ""), size=asked.get("size", 0, type=int), by=reader
            )
            size = shelf.add(upload, asked.get("offset", 0, type=int), request.get_data(), by=reader)
        except NotTaken as error:
            return _refused(error.in_language(), 409)
        return jsonify(upload=upload, size=size)

    return blueprint


def _refused(text: str, status: int) -> Response:
    answer = jsonify(error=text)
    answer.status_code = status
    return answer
