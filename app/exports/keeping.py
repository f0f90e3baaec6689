"""Exports that become files: half of one never looks like a whole one, and what was cut off can go on."""

import csv
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.exports.errors import BadExport
from app.exports.request import ExportRequest, Packing
from app.exports.run import ExportStream

_BLOCK = 1 << 20
#: What may differ between an export and the rest of it.
_OF_ONE_RUN = ("cursor",)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is complete; ``rows`` and ``sha256`` are those of all of it."""

    path: Path
    rows: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Begun:
    """What an export that was cut off has left: how many rows, and behind which it goes on."""

    rows: int
    after: tuple[str | None, datetime] | None


def keep(path: Path, stream: ExportStream, request: ExportRequest, *, begun: Begun | None = None) -> Kept:
    """Read a stream into a file, which gets its name when it is complete, with ``NAME.json`` beside it.

    What an interruption leaves is called ``NAME.part``, for :func:`begun_file`; where lines cannot go on in the format,
    or the disk has no room for more, nothing is left.
    """
    part, notes = _part(path), _notes(path)
    try:
        if request.packing.is_text:
            notes.write_text(json.dumps(_lasting(request)), encoding="utf-8")
        with part.open("ab" if begun else "wb") as file:
            for block in stream:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # the disk, not the database: what was written is in the way
        _forget(part, notes)
        raise
    except BaseException:
        if not request.packing.is_text:
            _forget(part, notes)
        raise
    rows = stream.rows + (begun.rows if begun else 0)
    kept = Kept(path, rows, _digest(part) if begun else stream.sha256, part.stat().st_size)
    _write_sidecar(kept, stream.said | {"export": stream.id, "cursor": None})
    part.replace(path)
    _forget(notes)
    return kept


def begun_file(path: Path, request: ExportRequest) -> tuple[ExportRequest, Begun | None]:
    """Cut ``NAME.part`` behind its last whole line; give the request for the rest, and None where nothing is left.

    Raises
    ------
    BadExport
        If what was begun is another export, or the format cannot go on.
    """
    part, notes = _part(path), _notes(path)
    if not request.packing.is_text:
        raise BadExport(f"a file of {request.packing} cannot go on where it was cut off; export it anew")
    if not part.exists() or not notes.exists():
        return request, None
    asked = json.loads(notes.read_text(encoding="utf-8"))
    request = replace(request, end=datetime.fromisoformat(asked["end"]))
    if asked != _lasting(request):
        raise BadExport(f"{part} is of an export with other choices; remove it, or repeat its choices")
    begun = _recover(part, request)
    if begun.after is None:
        return request, None
    return replace(request, after=begun.after), begun


def _recover(part: Path, request: ExportRequest) -> Begun:
    """Write the whole lines of a part anew, because packed text cannot be cut; look at the first and the last."""
    whole = part.with_name(part.name + ".whole")
    packer = zlib.compressobj(level=1, wbits=31) if request.packing is Packing.GZIP else None
    lines, beginning, last = 0, b"", b""
    with whole.open("wb") as file:
        for block in _whole_lines(part, is_packed=packer is not None):
            lines += block.count(b"\n")
            beginning = beginning or block
            last = block.rstrip(b"\n").rpartition(b"\n")[2]
            file.write(packer.compress(block) if packer else block)
        if packer:
            file.write(packer.flush())
        file.flush()
        os.fsync(file.fileno())
    whole.replace(part)
    comments, head = _head(beginning.decode("utf-8-sig"))
    rows = lines - comments - 1
    return Begun(max(rows, 0), _cursor(head, last.decode(), request) if rows > 0 else None)


def _whole_lines(part: Path, *, is_packed: bool) -> Iterator[bytes]:
    """Give blocks of text that end with a line; what follows the last end of a line is left out."""
    rest = b""
    for text in _unpacked(part) if is_packed else _blocks(part):
        text = rest + text
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        rest = text[end:]


def _unpacked(part: Path) -> Iterator[bytes]:
    """Unpack as far as it goes; a file that went on once is two packed texts one behind the other."""
    unpacker = zlib.decompressobj(wbits=31)
    for packed in _blocks(part):
        while packed:
            try:
                yield unpacker.decompress(packed)
            except zlib.error:
                return
            packed = unpacker.unused_data
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _head(text: str) -> tuple[int, str]:
    """Count the lines of the preamble, and give the line of names behind it."""
    lines = text.splitlines()
    comments = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return comments, lines[comments] if comments < len(lines) else ""


def _cursor(head: str, last: str, request: ExportRequest) -> tuple[str | None, datetime]:
    query = request.query()
    names, values = csv.reader([head, last], delimiter=query.dialect.delimiter)
    line = dict(zip(names, values, strict=True))
    return line.get("device"), datetime.fromisoformat(line[f"{query.resolution.word}_utc"])


def _write_sidecar(kept: Kept, said: dict[str, Any]) -> None:
    about = {"file": kept.path.name, "rows": kept.rows, "bytes": kept.size, "sha256": kept.sha256, **said}
    sidecar = kept.path.with_name(kept.path.name + ".json")
    part = _part(sidecar)
    part.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    part.replace(sidecar)


def _lasting(request: ExportRequest) -> dict[str, object]:
    return {name: value for name, value in request.said().items() if name not in _OF_ONE_RUN}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _forget(*paths: Path) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _notes(path: Path) -> Path:
    return path.with_name(path.name + ".part.json")
