"""The product's own styles and scripts, each as one file.

A browser takes two milliseconds for every file, even one that it has in its cache; there are three dozen.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Flask, Response

ENDPOINT: Final = "bundle"
_TYPES: Final = {"css": "text/css", "js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files of one kind, in the order of their names, and the address that will never give anything else."""

    kind: str
    body: bytes

    @property
    def address(self) -> str:
        """The path on the server, with a digest of what is there."""
        return f"/bundle/all.{self.kind}?m={sha256(self.body).hexdigest()[:16]}"


def serve_bundles(server: Flask, folder: Path) -> dict[str, Bundle]:
    """Let ``server`` send the styles (``css``) and scripts (``js``) that lie in a folder; gives both by these names."""
    bundles = {kind: _bundle(folder, kind) for kind in _TYPES}

    def send(kind: str) -> Response:
        return Response(bundles[kind].body, mimetype=_TYPES[kind])

    server.add_url_rule(f"/bundle/all.<any({', '.join(_TYPES)}):kind>", ENDPOINT, send, methods=["GET"])
    return bundles


def _bundle(folder: Path, kind: str) -> Bundle:
    return Bundle(kind, b"\n".join(path.read_bytes() for path in sorted(folder.glob(f"*.{kind}"))))
