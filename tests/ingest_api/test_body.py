"""Taking in the bytes of a request, within limits."""

import gzip
import tracemalloc
import zlib

import pytest
from flask import Flask, request

from ingest_api.body import MAX_DECODED_BYTES, MAX_WIRE_BYTES, gunzip, read_body
from ingest_api.problems import Problem


def read(data=b"{}", **headers):
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    with Flask("test").test_request_context("/", method="POST", data=data, headers=given):
        return read_body(request)


def refusal(*arguments, **headers):
    with pytest.raises(Problem) as refused:
        read(*arguments, **headers)
    return refused.value.kind.slug


def test_a_plain_body_comes_through():
    assert read(b'{"a":1}') == b'{"a":1}'
    assert read(b"{}", Content_Type="application/json; charset=utf-8") == b"{}"
    assert read(b"{}", Content_Encoding="identity") == b"{}"


def test_a_gzipped_body_is_unpacked_once():
    assert read(gzip.compress(b'{"a":1}'), Content_Encoding="gzip") == b'{"a":1}'
    assert read(gzip.compress(b'{"a":1}'), Content_Encoding=" GZIP ") == b'{"a":1}'
    inner = gzip.compress(b"{}")
    assert read(gzip.compress(inner), Content_Encoding="gzip") == inner


def test_a_byte_order_mark_is_taken_off():
    assert read(b"\xef\xbb\xbf{}") == b"{}"
    assert read(gzip.compress(b"\xef\xbb\xbf{}"), Content_Encoding="gzip") == b"{}"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""])
def test_another_media_type_is_refused(kind):
    assert refusal(Content_Type=kind) == "unsupported-media-type"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd", "x"])
def test_another_encoding_is_refused(encoding):
    assert refusal(Content_Encoding=encoding) == "unsupported-encoding"


def test_the_wire_limit_is_inclusive():
    assert len(read(b" " * MAX_WIRE_BYTES)) == 1_048_576
    assert refusal(b" " * (MAX_WIRE_BYTES + 1)) == "too-large"


def test_the_unpacked_limit_is_inclusive():
    assert len(read(gzip.compress(b" " * MAX_DECODED_BYTES), Content_Encoding="gzip")) == 8_388_608
    assert refusal(gzip.compress(b" " * (MAX_DECODED_BYTES + 1)), Content_Encoding="gzip") == "too-large"


#: Without the time in its header: the names of the tests must be the same in every process.
PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"{}",
        PACKED[:-1],
        PACKED[:12],
        PACKED + b"x",
        PACKED + PACKED,
        PACKED[:-8] + b"\0" * 8,
        zlib.compress(b"{}"),
    ],
)
def test_a_damaged_or_continued_gzip_stream_is_refused(packed):
    assert refusal(packed, Content_Encoding="gzip") == "malformed-gzip"


def test_unpacking_never_holds_more_than_the_limit():
    bomb = gzip.compress(b"\0" * 50_000_000)

    tracemalloc.start()
    with pytest.raises(Problem, match="more than 1000 bytes"):
        gunzip(bomb, limit=1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000
