"""Files to import, made in the test's own directory."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.imports import ImportReport, ImportRequest, import_file


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a file exactly as given, line ends included."""

    def write_file(content: str | bytes) -> Path:
        path = tmp_path / "log.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def load(engine: Engine, now: datetime, write: Callable[[str | bytes], Path]) -> Callable[..., ImportReport]:
    """Import a file of the columns ``time``, ``ph``, ``ec`` and ``water`` (those that are named) as device log-1."""

    def load_file(content: str | bytes | Path, *, piece_lines: int = 50_000, **options: Any) -> ImportReport:
        path = content if isinstance(content, Path) else write(content)
        given = {"device": "log-1", "time_column": "time", "time_zone": "UTC", "ph_column": "ph", **options}
        request = ImportRequest(path=path, **given)
        return import_file(engine, request, lambda _: None, clock=lambda: now, piece_lines=piece_lines)

    return load_file
