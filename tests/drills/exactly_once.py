"""Many simulated Pis against the real server: is every reading that was made in the table exactly once, unaltered?

    .venv/bin/python tests/drills/exactly_once.py --pis 99 --interval 10 --minutes 5

Everything is real but the water: the server is ``hydrofleet serve`` in a process of its own, the Pis are the agent with
its probe drivers, outbox and HTTP. The agents' own journal of what they made is the oracle. The last line of standard
output is one line of JSON; the exit status is 0 only on a pass.
"""

import argparse
import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.database import open_database  # noqa: E402 (the path comes first: this file is run, not imported)
from app.settings import load_settings  # noqa: E402
from models.db import session_scope  # noqa: E402
from models.read.devices import list_devices  # noqa: E402
from models.read.readings import readings_frame  # noqa: E402

START_WITHIN_S = 120
STOP_WITHIN_S = 60
#: What the journal and the table both hold of a reading; millivolts are stored in 32 bits.
CHANNELS = ("ph_mv", "ec_mv", "water_c")


def main() -> int:
    """Run the drill and print its figures."""
    options = parse_options()
    with tempfile.TemporaryDirectory(prefix="hydrofleet-drill-") as folder:
        figures = run(Path(folder), options)
    passed = figures["lost"] == figures["doubled"] == figures["altered"] == figures["invented"] == 0
    # The first interval is spent starting; a fleet that was slowed down has proved nothing.
    passed = passed and figures["readings"] >= options.pis * (options.minutes * 60 / options.interval - 2)
    print(json.dumps({"drill": "exactly-once", "figures": figures, "pass": passed}))
    return 0 if passed else 1


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pis", type=int, default=99)
    parser.add_argument("--interval", type=int, default=10, help="seconds between readings of one Pi")
    parser.add_argument("--minutes", type=float, default=5.0)
    return parser.parse_args()


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Make the fleet, let it post, stop it, and compare."""
    data, journal = folder / "data", folder / "journal.jsonl"
    tokens = register(data, folder / "tokens.csv", options.pis, options.interval)
    with running_server(data) as url:
        config = write_config(folder / "fleet.toml", url, tokens, options.interval)
        command = [sys.executable, "-m", "pi_reader", "fleet", "--config", str(config), "--journal", str(journal)]
        with running(command) as fleet:
            with contextlib.suppress(subprocess.TimeoutExpired):
                fleet.wait(options.minutes * 60)  # it ends by itself only if something is wrong
            if fleet.returncode is not None:
                raise SystemExit(f"the fleet ended with status {fleet.returncode}")
    return compare(data, journal)


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
def running(command: list[str], **pipes: object) -> Iterator[subprocess.Popen[str]]:
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
            for line in server.stderr:
                if "serves on " in line:
                    announced.append(line.split("serves on ")[1].strip())
                    ready.set()

        threading.Thread(target=listen, daemon=True).start()
        if not ready.wait(START_WITHIN_S):
            raise SystemExit("the server did not start")
        yield announced[0]


def write_config(path: Path, url: str, tokens: dict[str, str], interval_s: int) -> Path:
    """Write the fleet's configuration."""
    lines = [f'server_url = "{url}"', f'state_dir = "{path.parent / "agents"}"', f"interval_s = {interval_s}"]
    for seed, (name, token) in enumerate(tokens.items(), start=1):
        lines += ["[[pi]]", f'name = "{name}"', f'token = "{token}"', f"seed = {seed}"]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    return path


def compare(data: Path, journal: Path) -> dict[str, object]:
    """Compare the table with the agents' journal, value by value."""
    made = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    keys = [(reading["name"], reading["ts"]) for reading in made]
    by_key = dict(zip(keys, made, strict=True))
    began = time.monotonic()
    with open_database(load_settings(data_dir=data)) as engine, session_scope(engine) as session:
        stored = {}
        rows = 0
        for device in list_devices(session):
            frame = readings_frame(session, device.id, columns=CHANNELS)
            rows += len(frame)
            for stamp, *values in frame.itertuples():
                stored[device.name, stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03}Z"] = values
    both = by_key.keys() & stored.keys()
    return {
        "pis": len({name for name, _ in keys}),
        "readings": len(made),
        "lost": len(by_key.keys() - stored.keys()),
        "doubled": len(keys) - len(by_key) + rows - len(stored),
        "invented": len(stored.keys() - by_key.keys()),
        "altered": sum(not same(by_key[key], stored[key]) for key in both),
        "compared_in_s": round(time.monotonic() - began, 1),
    }


def same(made: dict[str, float | None], stored: list[float]) -> bool:
    """Compare one reading's channels; None and NaN are both "could not be read"."""
    wanted = [np.nan if made[name] is None else made[name] for name in CHANNELS]
    return bool(np.allclose(wanted, stored, rtol=1e-7, atol=0, equal_nan=True))


if __name__ == "__main__":
    sys.exit(main())
