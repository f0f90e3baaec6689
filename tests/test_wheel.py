"""What `pip install hydrofleet` puts on a machine."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("analytics", "app", "ingest_api", "models", "pi_reader")

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel, built from a copy of the files that are under version control or new."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(source / "dist")],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (wheel,) = (source / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def shipped(room: str) -> set[str]:
    """Give the files of a room that belong into the wheel."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".po", ".pot", ".md"}
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_of_a_room_is_inside(names: set[str], room: str) -> None:
    assert shipped(room) - names == set(), "name the folder or its data files in setup.cfg"


def test_migrations_travel_inside_models(names: set[str]) -> None:
    revisions = {f"models/migrations/versions/{path.name}" for path in (ROOT / "alembic" / "versions").glob("*.py")}

    assert revisions
    assert revisions | {"models/migrations/env.py", "models/migrations/script.py.mako"} <= names


def test_nothing_else_is_inside(names: set[str]) -> None:
    astray = {name for name in names if name.split("/")[0] not in ROOMS and ".dist-info/" not in name}

    assert astray == set()
