"""Exports that become files: cut off, gone on with, and without room on the disk."""

import gzip
import hashlib
import json
from datetime import timedelta

import pytest

from app.exports import BadExport, ExportRequest, Layout, Packing, Selection
from app.exports.keeping import begun_file, keep
from tests.app.exports.conftest import BY, MIDNIGHT

pytestmark = pytest.mark.usefixtures("tanks")


class Unplugged(Exception):
    """Somebody pulled the plug."""


class CutOff:
    """A stream that ends early, in the middle of a line."""

    def __init__(self, stream, size, error):
        self._stream, self._size, self._error = stream, size, error

    def __iter__(self):
        for block in self._stream:
            yield block[: self._size]
            self._size -= len(block)
            if self._size <= 0:
                raise self._error


@pytest.fixture
def ask():
    def ask(packing=Packing.CSV, **options):
        return ExportRequest(Selection(), MIDNIGHT, MIDNIGHT + timedelta(hours=3), packing=packing, **options)

    return ask


@pytest.fixture
def write(exports):
    """Write a file to its end, or only the first bytes of it."""

    def write(path, request, *, begun=None, only=None, error=Unplugged):
        with exports.open(request, BY, refresh_hours=lambda _: None) as stream:
            return keep(path, CutOff(stream, only, error()) if only else stream, request, begun=begun)

    return write


def text_of(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize("options", [{}, {"preamble": True}, {"layout": Layout.WIDE}, {"dialect": "excel-id"}])
@pytest.mark.parametrize("packing", [Packing.CSV, Packing.GZIP])
def test_what_was_cut_off_twice_goes_on_to_the_same_file(tmp_path, ask, write, packing, options):
    request, path, whole = ask(packing, **options), tmp_path / f"a.{packing}", tmp_path / f"b.{packing}"
    write(whole, request)
    size = whole.stat().st_size
    with pytest.raises(Unplugged):
        write(path, request, only=size // 2)
    assert not path.exists()
    rest, begun = begun_file(path, request)
    with pytest.raises(Unplugged):
        write(path, rest, begun=begun, only=size // 4)

    rest, begun = begun_file(path, request)
    kept = write(path, rest, begun=begun)

    assert text_of(path).partition(b"pi-2")[2] == text_of(whole).partition(b"pi-2")[2]
    assert kept.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    sidecar = json.loads((tmp_path / f"a.{packing}.json").read_text())
    assert (sidecar["rows"], sidecar["sha256"]) == (kept.rows, kept.sha256)
    assert kept.rows == (250 if "layout" in options else 300)
    assert sorted(one.name for one in tmp_path.glob("a.*")) == [f"a.{packing}", f"a.{packing}.json"]


def test_what_was_cut_off_in_its_head_begins_anew(tmp_path, ask, write):
    with pytest.raises(Unplugged):
        write(tmp_path / "a.csv", ask(), only=20)

    assert begun_file(tmp_path / "a.csv", ask()) == (ask(), None)


def test_another_export_does_not_go_on_with_what_is_there(tmp_path, ask, write):
    with pytest.raises(Unplugged):
        write(tmp_path / "a.csv", ask(), only=20_000)

    with pytest.raises(BadExport, match="other choices"):
        begun_file(tmp_path / "a.csv", ask(fields=("ph",)))


def test_a_workbook_cannot_go_on(tmp_path, ask):
    with pytest.raises(BadExport, match="cannot go on"):
        begun_file(tmp_path / "a.xlsx", ask(Packing.XLSX))


@pytest.mark.parametrize(("packing", "error"), [(Packing.CSV, OSError), (Packing.PARQUET, Unplugged)])
def test_a_full_disk_and_a_cut_parquet_leave_nothing(tmp_path, ask, write, packing, error):
    with pytest.raises(error):
        write(tmp_path / "a", ask(packing), only=3, error=error)

    assert list(tmp_path.iterdir()) == []
