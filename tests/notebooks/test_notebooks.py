"""The notebooks run from top to bottom on a farm, and say what is true of it."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
Run = Callable[[str], NotebookNode]


def code_of(book: NotebookNode) -> list[NotebookNode]:
    """Give the cells that are run."""
    return [cell for cell in book.cells if cell.cell_type == "code"]


def printed(book: NotebookNode) -> str:
    """Give what the cells printed."""
    return "".join(out.text for cell in code_of(book) for out in cell.outputs if out.get("name") == "stdout")


def figures(book: NotebookNode) -> int:
    """Count the figures shown."""
    return sum(
        "application/vnd.plotly.v1+json" in out.get("data", {}) for cell in code_of(book) for out in cell.outputs
    )


@pytest.fixture
def run(farm: str, tmp_path: Path) -> Run:
    """Run a notebook by the beginning of its name, in a folder of its own, as ``./hydrofleet notebook`` would."""
    environment = {**os.environ, "HYDROFLEET_DATABASE_URL": farm, "PYTHONPATH": str(ROOT)}

    def run_one(begins: str) -> NotebookNode:
        (path,) = (ROOT / "notebooks").glob(f"{begins}*.ipynb")
        book = nbformat.read(path, as_version=4)
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute(env=environment)
        complaints = [out.text for cell in code_of(book) for out in cell.outputs if out.get("name") == "stderr"]
        assert complaints == []
        return book

    return run_one


def test_the_overview_names_the_tank_to_look_at_first(run: Run):
    book = run("01")

    assert "pi-3: 0% of the week in range" in printed(book)
    assert figures(book) == 2


def test_the_story_is_that_of_the_tank_that_needs_it_most(run: Run):
    book = run("02")

    assert "pi-3: 0.0% of the time in range, measured for 100.0% of two weeks" in printed(book)
    assert figures(book) == 2


def test_the_wrong_buffer_is_found_and_undone(run: Run):
    text = printed(run("03"))

    # A buffer of 7.00 taken for 6.86 is 0.14 off there, two thirds of it at pH 6.
    assert "pi-17 jumped by -0.11 pH on 13 November" in text
    assert "With 4.00 and 7.00 the readings since move by +0.09 pH." in text


def test_plants_that_feed_are_seen_between_the_doses(run: Run):
    book = run("04")

    assert "undisturbed stretches; " in printed(book)
    shares = {
        kind: float(share.rstrip("%")) for share, kind in map(str.split, printed(book).split("; ")[1].split(", "))
    }
    assert shares["feeding"] > 60
    assert figures(book) == 2


def test_a_report_is_made_where_there_is_no_export(run: Run, tmp_path: Path):
    text = printed(run("05"))

    assert "17 Pis" in text
    assert len(pd.read_csv(tmp_path / "report" / "week.csv")) == 17
    assert "<h1>Week to 23 November 2026</h1>" in (tmp_path / "report" / "week.html").read_text(encoding="utf-8")


def test_a_report_is_made_of_an_export_as_the_command_writes_it(run: Run, farm: str, tmp_path: Path):
    span = ("--start", "2026-11-20T00:00+07:00", "--end", "2026-11-22T00:00+07:00", "--preamble")
    command = [sys.executable, "-m", "app.cli", "export", "--devices", "pi-1..pi-3", *span]
    environment = {**os.environ, "HYDROFLEET_DATABASE_URL": farm}
    subprocess.run([*command, tmp_path / "export.csv.gz"], cwd=ROOT, env=environment, check=True)

    text = printed(run("05"))

    assert "864 readings of 3 Pis, 19 Nov to 21 Nov 2026" in text
    assert "pi-3 was in range least: 0%" in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_it_printed(path: Path):
    book = nbformat.read(path, as_version=4)

    nbformat.validate(book)
    assert [cell.outputs for cell in code_of(book) if cell.outputs] == []
    assert {cell.execution_count for cell in code_of(book)} == {None}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_of_ours_a_notebook_imports_models_and_analytics_only(path: Path):
    cells = code_of(nbformat.read(path, as_version=4))
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}

    rooms = {name.split(".")[0] for name in names}
    assert rooms - sys.stdlib_module_names <= {"models", "analytics", "pandas", "plotly"}
    assert "models" in rooms


def test_there_are_five():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_fleet_overview",
        "02_device_story",
        "03_calibration_and_drift",
        "04_dosing_events",
        "05_from_export_to_report",
    ]
