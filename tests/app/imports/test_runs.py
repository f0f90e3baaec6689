"""Imports beside the server: one at a time, tried before they are stored, and their failures told."""

import time
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from app.imports import ImportRequest, runs
from app.imports.runs import Run, Runs
from app.imports.shelf import NotTaken
from app.principal import Principal, Role

SARI, BUDI = Principal(7, "sari", Role.AGRONOMIST), Principal(8, "budi", Role.AGRONOMIST)


@pytest.fixture
def request_of(write):
    """Make the trial of a log."""

    def make(content: str) -> ImportRequest:
        path: Path = write(content)
        return ImportRequest(
            path=path, device="pond", time_column="time", time_zone="UTC", ph_column="ph", dry_run=True
        )

    return make


@pytest.fixture
def imports(engine, now):
    return Runs(engine, lambda: now)


def over(run: Run) -> Run:
    deadline = time.monotonic() + 30
    while not run.is_over:
        assert time.monotonic() < deadline
    return run


def test_what_was_tried_may_be_stored(imports, request_of):
    trial = request_of("time,ph\n2026-01-01 00:00,6.1\n")
    assert over(imports.begin(trial, by=SARI)).report.accepted == 1

    run = over(imports.begin(replace(trial, dry_run=False), by=SARI))

    assert (run.report.dry_run, run.report.accepted, run.lines) == (False, 1, 1)


def test_a_trial_is_measured_by_the_lines_of_the_file_and_the_import_by_the_trial(imports, request_of):
    trial = request_of("time,ph\n2026-01-01 00:00,6.1\n2026-01-01 00:01,6.1\n")

    tried = over(imports.begin(trial, by=SARI))
    run = over(imports.begin(replace(trial, dry_run=False), by=SARI))

    assert (tried.of_lines, tried.is_summing_up) == (3, False)
    assert (run.of_lines, run.is_summing_up) == (2, True)


def test_what_nobody_tried_is_not_stored(imports, request_of):
    with pytest.raises(NotTaken, match="Try it first"):
        imports.begin(replace(request_of("time,ph\n2026-01-01 00:00,6.1\n"), dry_run=False), by=SARI)


def test_another_persons_trial_does_not_count(imports, request_of):
    trial = request_of("time,ph\n2026-01-01 00:00,6.1\n")
    run = over(imports.begin(trial, by=BUDI))

    with pytest.raises(NotTaken, match="Try it first"):
        imports.begin(replace(trial, dry_run=False), by=SARI)
    assert imports.find(run.id, by=SARI) is None


def test_one_runs_at_a_time(imports, request_of, monkeypatch):
    release = Event()
    monkeypatch.setattr(runs, "import_file", lambda *_, **__: release.wait(30))
    trial = request_of("time,ph\n2026-01-01 00:00,6.1\n")
    first = imports.begin(trial, by=SARI)

    with pytest.raises(NotTaken, match="Another import is running"):
        imports.begin(trial, by=BUDI)
    release.set()
    over(first)


def test_a_file_that_cannot_be_read_says_why(imports, request_of):
    run = over(imports.begin(request_of("a,b\n1,2\n"), by=SARI))

    assert run.report is None
    assert "has no column 'ph', 'time'" in str(run.error)


def test_a_failure_that_nobody_thought_of_ends_the_wait(imports, request_of, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a fault")

    monkeypatch.setattr(runs, "import_file", fail)

    run = over(imports.begin(request_of("time,ph\n2026-01-01 00:00,6.1\n"), by=SARI))

    assert str(run.error) == "The import failed; the server's log says why."
