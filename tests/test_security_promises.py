"""What docs/security.md promises is shown by tests that exist, and the libraries it counts on are new enough."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| ((?:PROV|SEC)-\d+) \|(.*)\|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises() -> list[tuple[str, str]]:
    """Give each promise's name with the rest of its line."""
    return _ROW.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_stands_in_the_list_once():
    names = [name for name, _ in promises()]

    assert names == [f"PROV-{number}" for number in range(1, 16)] + [f"SEC-{number}" for number in range(1, 16)]


@pytest.mark.parametrize(("name", "line"), promises())
def test_a_promise_names_tests_that_exist(name: str, line: str):
    named = _TEST.findall(line)

    assert named, f"{name} names no test"
    missing = [f"{file}::{test}" for file, test in named if test not in functions_of(ROOT / file)]
    assert missing == []


def test_a_drill_that_is_named_is_there():
    scripts = re.findall(r"`python (tests/[\w/]+\.py)", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))

    assert scripts
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


@pytest.mark.parametrize(
    ("library", "floor"),
    [
        # CVE-2024-49768 and -49769: requests that are smuggled, and connections that are never closed.
        ("waitress", (3, 0, 1)),
        # CVE-2026-34531: an empty token reached the function that checks it.
        ("flask-httpauth", (4, 8, 1)),
        # GHSA-547x-748v-vp6p: links that run a script.
        ("dash", (2, 15)),
    ],
)
def test_a_library_with_a_known_hole_is_not_accepted(library: str, floor: tuple[int, ...]):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = dict(line.split(">=") for line in project["optional-dependencies"]["server"] if "[" not in line)
    locked = re.search(rf"^{library}==([\d.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)

    assert _numbers(wanted[library]) >= floor
    assert locked is not None
    assert _numbers(locked[1]) >= floor


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
