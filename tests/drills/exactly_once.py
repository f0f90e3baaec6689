"""exactly-once: 99 Pis run the real agent, with its drivers, outbox and HTTP, against ``hydrofleet serve``.

Everything is real but the water. Every reading that an agent made, by its own journal, is in the table exactly once,
unaltered, and none that nobody made; only what an agent had no time to deliver is still in its outbox. The agents keep
their pace: a fleet that was slowed down has proved nothing.
"""

import contextlib
import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import open_database
from app.settings import load_settings
from models.db import session_scope
from models.read.devices import list_devices
from models.read.readings import readings_frame
from pi_reader.timeline import rfc3339
from tests.drills.frame import Figures, at_least, exactly, none, told
from tests.drills.server import ROOT

NAME = "exactly-once"
PIS = 99
_INTERVAL_S = {False: 5, True: 10}
_POST_FOR_S = {False: 24.0, True: 300.0}
START_WITHIN_S = 120
STOP_WITHIN_S = 60
#: What the journal and the table both hold of a reading; millivolts are stored in 32 bits.
CHANNELS = ("ph_mv", "ec_mv", "water_c")
#: Readings that a Pi had no time to deliver before it was stopped, and those that it was told never to send again.
_WAITING = "SELECT ts_ms FROM reading WHERE ts_ms IS NOT NULL"
_BURIED = "SELECT json_extract(body, '$.ts_ms') FROM dead_letter"
_QUARANTINED = text("SELECT d.name, q.ts FROM quarantine q JOIN devices d ON d.id = q.device_id")


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Make the fleet, let it post, stop it, and compare."""
    interval_s, post_for_s = _INTERVAL_S[full], _POST_FOR_S[full]
    data, journal = folder / "data", folder / "journal.jsonl"
    tokens = register(data, folder / "tokens.csv", PIS, interval_s)
    with running_server(data) as url:
        config = write_config(folder / "fleet.toml", url, tokens, interval_s)
        command = [sys.executable, "-m", "pi_reader", "fleet", "--config", str(config), "--journal", str(journal)]
        with running(command) as fleet:
            with contextlib.suppress(subprocess.TimeoutExpired):
                fleet.wait(post_for_s)  # it ends by itself only if something is wrong
            if fleet.returncode is not None:
                raise RuntimeError(f"the fleet ended with status {fleet.returncode}")
    # The first interval is spent starting.
    return compare(data, journal, folder / "agents", least=PIS * (post_for_s / interval_s - 2))


def register(data: Path, credentials: Path, pis: int, interval_s: int) -> dict[str, str]:
    """Register the Pis and make their tokens, with the commands a grower uses."""
    names = f"pi-1..pi-{pis}"
    cli("devices", "add", names, "--interval", str(interval_s), "--data", str(data))
    cli("devices", "token", names, "--credentials", str(credentials), "--data", str(data))
    with credentials.open(encoding="utf-8", newline="") as file:
        return {row["device"]: row["token"] for row in csv.DictReader(file)}


def cli(*arguments: str) -> None:
    """Run ``hydrofleet`` and stop the drill if it fails."""
    subprocess.run([sys.executable, "-m", "app.cli", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running(command: list[str], **pipes: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a process while the context lasts and end it as systemd would."""
    process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_WITHIN_S)


@contextlib.contextmanager
def running_server(data: Path) -> Iterator[str]:
    """Run the server on any free port and yield its URL."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--data", str(data)]
    with running(command, stderr=subprocess.PIPE) as server:
        announced: list[str] = []
        ready = threading.Event()

        def listen() -> None:
            for line in server.stderr or ():
                if "serves on " in line:
                    announced.append(line.split("serves on ")[1].strip())
                    ready.set()

        threading.Thread(target=listen, daemon=True).start()
        if not ready.wait(START_WITHIN_S):
            raise TimeoutError("the server did not start")
        yield announced[0]


def write_config(path: Path, url: str, tokens: dict[str, str], interval_s: int) -> Path:
    """Write the fleet's configuration."""
    lines = [f'server_url = "{url}"', f'state_dir = "{path.parent / "agents"}"', f"interval_s = {interval_s}"]
    for seed, (name, token) in enumerate(tokens.items(), start=1):
        lines += ["[[pi]]", f'name = "{name}"', f'token = "{token}"', f"seed = {seed}"]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    return path


def compare(data: Path, journal: Path, agents: Path, *, least: float) -> Figures:
    """Compare the table with the agents' journal, value by value.

    What waits in an outbox, or was put aside by server or agent for a person to look at, is not lost.
    """
    made = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    keys = [(reading["name"], reading["ts"]) for reading in made]
    by_key = dict(zip(keys, made, strict=True))
    with open_database(load_settings(data_dir=data)) as engine, session_scope(engine) as session:
        rows, stored = read_table(session)
        quarantined = {(device, ts) for device, ts in session.execute(_QUARANTINED)}
    waiting, buried = (set(read_outboxes(agents, query)) for query in (_WAITING, _BURIED))
    aside, both = quarantined | buried, by_key.keys() & stored.keys()
    return {
        "pis": exactly(len({name for name, _ in keys}), PIS),
        "readings": at_least(len(made), least),
        "compared": at_least(len(both), least / 2),
        "lost": none(len(by_key.keys() - stored.keys() - waiting - aside)),
        "put_aside": none(len(aside)),
        "left_in_an_outbox": told(len(by_key.keys() & waiting - stored.keys())),
        "doubled": none(len(keys) - len(by_key) + rows - len(stored)),
        "invented": none(len(stored.keys() - by_key.keys())),
        "altered": none(sum(not same(by_key[key], stored[key]) for key in both)),
    }


def read_table(session: Session) -> tuple[int, dict[tuple[str, str], list[float]]]:
    """Give the number of rows, and the channels by name and time."""
    rows, stored = 0, {}
    for device in list_devices(session):
        frame = readings_frame(session, device.id, columns=CHANNELS)
        rows += len(frame)
        for stamp, *values in frame.itertuples():
            stored[device.name, stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03}Z"] = values
    return rows, stored


def read_outboxes(agents: Path, query: str) -> Iterator[tuple[str, str]]:
    """Give name and time of every reading that a query finds in the files of the Pis."""
    for file in agents.glob("*.db"):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            for (ts_ms,) in connection.execute(query):
                yield file.stem, rfc3339(ts_ms)


def same(made: dict[str, float | None], stored: list[float]) -> bool:
    """Compare one reading's channels; None and NaN are both "could not be read"."""
    wanted = [np.nan if made[name] is None else made[name] for name in CHANNELS]
    return bool(np.allclose(wanted, stored, rtol=1e-7, atol=0, equal_nan=True))
