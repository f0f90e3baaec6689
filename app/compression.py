"""Answers travel compressed: a page with its figures weighs a fifth, its scripts a quarter.

Left as they are: streams, which would have to be gathered first; the login page, whose form token stands beside what a
stranger may have put into the address (BREACH); and what is compressed or tiny already.
"""

from collections import OrderedDict
from threading import Lock
from typing import Final

from flask import Flask, Response, request
from flask_compress import Compress

#: Blueprint whose pages carry a secret of the form.
_SECRETIVE: Final = "login"
_ASSETS: Final = ("_dash_assets.static", "bundle", "login.static")
_SUITES: Final = "/_dash-component-suites/"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_MOST_KEPT: Final = 256
#: The usual 6 takes half as long again for a figure, and makes it 1 to 8 % smaller.
_GZIP_LEVEL: Final = 5
_TYPES: Final = (
    "text/html",
    "text/css",
    "text/plain",
    "text/csv",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/problem+json",
    "image/svg+xml",
)


def install_compression(server: Flask) -> None:
    """Compress the answers of ``server`` as the reader's browser or program understands it."""
    server.config["COMPRESS_REGISTER"] = False
    server.config["COMPRESS_STREAMS"] = False
    server.config["COMPRESS_MIMETYPES"] = list(_TYPES)
    server.config["COMPRESS_ALGORITHM"] = ["br", "zstd", "gzip"]
    server.config["COMPRESS_LEVEL"] = _GZIP_LEVEL
    compress = Compress(server)
    kept = _Kept()

    @server.after_request
    def pack(response: Response) -> Response:
        if request.blueprint == _SECRETIVE and request.endpoint not in _ASSETS:
            return response
        if not _is_immutable(response):
            return compress.after_request(response)
        response.headers["Cache-Control"] = _FOR_EVER
        return kept.restore(response) or kept.keep(compress.after_request(_whole(response)))


class _Kept:
    """Scripts and styles as they were last compressed; the biggest takes a tenth of a second each time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._bodies: OrderedDict[tuple[str, str], tuple[bytes, str, str | None]] = OrderedDict()

    def restore(self, response: Response) -> Response | None:
        """Give the answer with its body as it was kept; None if there is none, or nothing to be sent."""
        with self._lock:
            found = self._bodies.get(self._key())
        if found is None or response.status_code != 200:
            return None
        body, encoding, etag = found
        response.direct_passthrough = False
        response.set_data(body)
        response.headers["Content-Encoding"] = encoding
        response.vary.add("Accept-Encoding")
        if etag is not None:
            response.set_etag(etag)
        return response

    def keep(self, response: Response) -> Response:
        """Remember a compressed answer."""
        encoding = response.headers.get("Content-Encoding")
        if encoding is not None and response.status_code == 200:
            with self._lock:
                self._bodies[self._key()] = response.get_data(), encoding, response.get_etag()[0]
                while len(self._bodies) > _MOST_KEPT:
                    self._bodies.popitem(last=False)
        return response

    @staticmethod
    def _key() -> tuple[str, str]:
        return request.full_path, request.headers.get("Accept-Encoding", "")


def _is_immutable(response: Response) -> bool:
    """Tell whether an address will never give anything else: its file's time or version is part of it."""
    if request.method != "GET" or response.status_code not in (200, 304):
        return False
    if request.endpoint in _ASSETS:
        return "m" in request.args
    # Dash gives a year to addresses with a fingerprint, and to no other.
    return request.path.startswith(_SUITES) and response.cache_control.max_age == 31_536_000


def _whole(response: Response) -> Response:
    """Read a file's answer into memory, so that it can be compressed; scripts and styles are small."""
    if response.is_streamed and response.status_code == 200:
        response.direct_passthrough = False
        response.set_data(response.get_data())
    return response
