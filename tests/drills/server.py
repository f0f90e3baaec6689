"""``hydrofleet serve`` as a process of its own: killed without warning, started again on the same port."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
_UP_WITHIN_S = 180.0
_STOP_WITHIN_S = 60.0
# Below the ports that Linux gives to outgoing connections (ip_local_port_range), beyond those of well-known services.
_NEVER_GIVEN = 20_000, 32_000
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def lasting_port() -> int:
    """Choose a port that can be had again after a restart.

    A port that the system chose could be given to a connection while nobody listens: even to one that somebody opens
    to this very port, which then is connected with itself and keeps the server out.
    """
    while True:
        port = random.randrange(*_NEVER_GIVEN)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """The real server on a port that it keeps over all its restarts."""

    def __init__(self, database_url: str, folder: Path, *, data_dir: Path) -> None:
        self.port = lasting_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        data = {"HYDROFLEET_DATABASE_URL": database_url, "HYDROFLEET_DATA_DIR": str(data_dir)}
        self._environment = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", **data}
        self._process = self._launch()

    def kill(self) -> None:
        """End it without warning."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def start(self) -> None:
        """Start it again, as systemd does at once; do not wait for it."""
        self._process = self._launch()

    def stop(self) -> None:
        """End it as systemd does."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_until_ready(self) -> float:
        """Wait until it can do its work, and give the seconds that took."""
        began = time.monotonic()
        while not self.is_ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self._process.returncode}: {self._last_words()}")
            if time.monotonic() - began > _UP_WITHIN_S:
                raise TimeoutError(f"the server does not come up: {self._last_words()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Ask whether it can do its work."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def memory_mib(self) -> float:
        """Give its resident memory."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / 2**20

    def peak_memory_mib(self) -> float:
        """Give the most resident memory that it ever had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(_PEAK.search(status)[1]) / 2**10  # type: ignore[index]

    def open_files(self) -> int:
        """Count its file descriptors."""
        return int(psutil.Process(self._process.pid).num_fds())

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, cwd=ROOT, stdout=log, stderr=log)

    def _last_words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2000:]
