"""Take the bytes of a request body: the right media type, within the limits, unpacked once."""

import zlib

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from ingest_api.problems import Problem

MAX_WIRE_BYTES = 1 << 20
MAX_DECODED_BYTES = 8 << 20

_UTF8_BOM = b"\xef\xbb\xbf"
_GZIP_WINDOW = 31  # zlib's way of saying: a gzip header, nothing else


def read_body(request: Request) -> bytes:
    """Give the JSON bytes of the request, unpacked and without a byte order mark.

    Raises
    ------
    Problem
        415 for another media type or encoding, 413 beyond :data:`MAX_WIRE_BYTES` on the wire or
        :data:`MAX_DECODED_BYTES` unpacked, 400 for a damaged gzip stream.
    """
    if request.mimetype != "application/json":
        raise Problem("unsupported-media-type", f"Content-Type is {request.mimetype or 'missing'!r}")
    return read_any(request)


def read_any(request: Request) -> bytes:
    """Give the bytes of the request whatever their media type; otherwise as :func:`read_body`."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem("unsupported-encoding", f"Content-Encoding is {encoding[:60]!r}")
    wire = _read_wire(request)
    return (gunzip(wire) if encoding == "gzip" else wire).removeprefix(_UTF8_BOM)


def gunzip(packed: bytes, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Unpack one complete gzip member, never holding more than ``limit + 1`` bytes of it.

    Raises
    ------
    Problem
        413 if more than ``limit`` bytes come out, 400 if the stream is damaged, cut short or followed by anything.
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise Problem("malformed-gzip", f"gzip stream: {error}") from error
    if len(plain) > limit:
        raise Problem("too-large", f"the body unpacks to more than {limit} bytes")
    if not unpacker.eof:
        raise Problem("malformed-gzip", f"the gzip stream ends too early, after {len(plain)} unpacked bytes")
    if unpacker.unused_data:
        raise Problem("malformed-gzip", f"{len(unpacker.unused_data)} bytes follow the gzip stream")
    return plain


def _read_wire(request: Request) -> bytes:
    """Read at most one byte more than allowed, whether or not the length was announced."""
    too_large = Problem("too-large", f"the body is larger than {MAX_WIRE_BYTES} bytes")
    if (request.content_length or 0) > MAX_WIRE_BYTES:
        raise too_large
    try:
        wire = request.stream.read(MAX_WIRE_BYTES + 1)
    except RequestEntityTooLarge as error:  # an application-wide limit below ours
        raise too_large from error
    if len(wire) > MAX_WIRE_BYTES:
        raise too_large
    return wire
