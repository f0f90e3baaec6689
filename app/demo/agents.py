"""The demo's live Pis: one process that runs the real agent once per simulated Pi."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.demo.plan import DemoDevice

#: Seconds that the agents get to deliver what they hold and end.
_STOP_S = 10


def write_fleet_file(
    path: Path, devices: Sequence[DemoDevice], tokens: dict[str, str], *, server_url: str, interval_s: int
) -> None:
    """Write the agents' configuration; it holds their tokens, so only its owner may read it."""
    lines = [
        f"server_url = {json.dumps(server_url)}",
        f"state_dir = {json.dumps(str(path.parent / 'agents'))}",
        f"interval_s = {interval_s}",
        "keep_interval = true",
    ]
    for device in devices:
        lines += ["", "[[pi]]", f'name = "{device.name}"', f'token = "{tokens[device.name]}"', f"seed = {device.seed}"]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


@contextlib.contextmanager
def running_agents(fleet_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the agents of ``fleet_file`` while the context lasts; what they say goes to ``agents.log`` beside it.

    They get a session of their own, so that Ctrl-C reaches only the server, which then stops them in order. Their
    standard input is a pipe that nobody writes to: when the server dies without a word, it closes and they end too.
    """
    command = [sys.executable, "-m", "pi_reader", "fleet", "--config", str(fleet_file), "--until-stdin-closes"]
    with (fleet_file.parent / "agents.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
