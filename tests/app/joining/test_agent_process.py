"""The agent as a process on a card: it reads from the first second on, whether or not it has been let in."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from models.db import session_scope
from models.read.enrollment import list_pending
from models.write.enrollment import approve

DEADLINE_S = 90.0


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s in vain for {what}"
        time.sleep(0.1)


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(card: Any, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pi_reader", *arguments, "--root", str(card.roots.root)]
        process = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def stored(farm) -> int:
    with farm.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM readings")) or 0)


def waiting_in_outbox(card) -> int:
    file = card.state / "outbox.db"
    if not file.exists():
        return 0
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        return int(connection.execute("SELECT count(*) FROM reading").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def test_from_a_flashed_card_to_readings_in_the_database_without_a_keystroke(farm, write_card, run):
    card = write_card("a1a1a1a1")

    run(card, "run")

    wait_until(lambda: stored(farm) >= 2, "readings in the database")
    assert (card.state / "name").read_text() == "pi-1\n"
    assert farm.key.text not in card.roots.boot_file.read_text()


def test_a_pi_that_waits_goes_on_reading_and_delivers_once_it_is_let_in(farm, write_card, run):
    write_card("a1a1a1a1").join()
    card = write_card("a1a1a1a1")

    agent = run(card, "run")

    wait_until(lambda: waiting_in_outbox(card) >= 5, "readings in the outbox")
    assert stored(farm) == 0
    with session_scope(farm.engine) as session:
        approve(session, list_pending(session)[0], decided_by=None, now=datetime.now(UTC))
    # It would ask again within a minute; when it stops it asks at once, to deliver what it can.
    agent.terminate()
    agent.wait(30)
    assert stored(farm) >= 5
    assert waiting_in_outbox(card) == 0


def test_enroll_says_how_it_went(farm, write_card, run):
    write_card("a1a1a1a1").join()

    let_in = run(write_card("b2b2b2b2"), "enroll")
    waits = run(write_card("a1a1a1a1"), "enroll")

    assert let_in.communicate(timeout=60)[0].splitlines()[-1] == "this Pi is pi-2"
    assert "waiting until a person lets this Pi in" in waits.communicate(timeout=60)[0]
    assert (let_in.returncode, waits.returncode) == (0, 1)
