"""What each kind of question costs the server: through the real Flask app, with its SQL, in this process."""

import gzip
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from app.passwords import hash_password
from app.server import create_server
from app.serving import set_startup_aside
from app.settings import load_settings
from models.db import session_scope
from models.read.people import find_user
from models.write.people import create_user
from tests.benchmarks.pages.browser import NAME, PASSWORD, Answer, Browser, Values
from tests.benchmarks.pages.farm import NOW, Farm
from tests.benchmarks.pages.views import Kind

#: Asked before anything is measured: the first question of a kind opens connections and imports modules.
_WARM_UP = 2


@dataclass(frozen=True)
class Cost:
    """Milliseconds of every question of one kind: on the clock, and on processors (ours and the database's)."""

    kind: Kind
    elapsed_ms: Sequence[float]
    cpu_ms: Sequence[float]
    #: The largest answer, as it travels.
    packed_kib: float

    def elapsed(self, percent: float) -> float:
        """Give a percentile of the elapsed time."""
        return float(np.percentile(self.elapsed_ms, percent))

    def cpu(self, percent: float) -> float:
        """Give a percentile of the processor time."""
        return float(np.percentile(self.cpu_ms, percent))


@contextmanager
def visiting(on: Farm) -> Iterator[Browser]:
    """Give a browser that is logged in at a server in this process, whose clock stands at the end of the readings."""
    add_person(on)
    settings = load_settings(data_dir=on.directory, log_file=on.directory / "server.log", log_level="warning")
    with create_server(settings, on.engine, clock=lambda: NOW).test_client() as client:
        browser = Browser(_sender(client))
        browser.log_in()
        set_startup_aside()
        yield browser


def add_person(on: Farm) -> None:
    """Make the account that visits, unless the farm was kept and has it."""
    with session_scope(on.engine) as session:
        if find_user(session, NAME) is None:
            create_user(session, NAME, "agronomist", hash_password(PASSWORD))


def costs(on: Farm, browser: Browser, kinds: Sequence[Kind], views: int) -> Iterator[Cost]:
    """Ask every kind of question for as many random views; the same ones at every call."""
    for kind in kinds:
        choice = random.Random(kind.name)
        elapsed, cpu, size = [], [], 0
        for number in range(views + _WARM_UP):
            view = kind.view(choice)
            began, used = time.perf_counter(), processor_s(on)
            answer = browser.ask(*view)
            took, spent = time.perf_counter() - began, processor_s(on) - used
            if number >= _WARM_UP:
                elapsed.append(1000 * took)
                cpu.append(1000 * spent)
                size = max(size, len(answer.body))
        yield Cost(kind, elapsed, cpu, size / 1024)


def figure_kib(browser: Browser, kind: Kind) -> float:
    """Give the size of one figure alone, packed as it travels."""
    answer = browser.ask(*kind.view(random.Random(1)))
    figure = next(part["figure"] for part in _unpacked(answer.body)["response"].values() if "figure" in part)
    return len(gzip.compress(json.dumps(figure, separators=(",", ":")).encode(), 6)) / 1024


def processor_s(on: Farm) -> float:
    """Give the processor time of this process and of the database's processes that live now."""
    postmaster = int((on.directory / "postgresql").rglob("postmaster.pid").__next__().read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    ran_ns = sum(int(_text(f"/proc/{one}/schedstat").split()[0]) for one in children)
    return time.process_time() + ran_ns / 1e9


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "0"  # it has ended meanwhile


def _unpacked(body: bytes) -> Any:
    return json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


def _sender(client: FlaskClient) -> Any:
    def send(method: str, path: str, *, headers: Values, **body: Any) -> Answer:
        answer = client.open(path, method=method, headers=dict(headers), **body)
        return Answer(answer.status_code, answer.get_data())

    return send
