"""A PostgreSQL of one drill alone, to be killed, frozen and restarted: always by the ids of its own processes."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from models.embedded import EmbeddedPostgres, binaries
from models.embedded_files import ClusterFiles
from models.embedded_user import server_user

_COMMIT_US = 20_000


class Cluster:
    """A cluster in a folder of its own; its address stays the same over all its restarts."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._files = ClusterFiles(data_dir)
        self._share = self._join()
        self.url = self._share.url

    def start(self) -> None:
        """Start it again, recovery included, and come back when it answers."""
        self._share = self._join()
        if self._share.url != self.url:
            raise RuntimeError(f"the database moved from {self.url} to {self._share.url}; use a shorter TMPDIR")

    def stop(self) -> None:
        """Stop it for good."""
        self._share.stop()

    def move_log_to(self, folder: Path) -> None:
        """Keep the write-ahead log elsewhere: on another disk, for whoever has two."""
        self.stop()
        log = self._files.cluster / "pg_wal"
        shutil.move(log, folder)
        for path in (folder, *folder.rglob("*")):
            server_user().give(path)  # a move to another disk is a copy, and forgets the owner
        log.symlink_to(folder)
        self.start()

    def slow_down_commits(self) -> None:
        """Let every COMMIT take 20 ms longer, as on a slow disk: what goes wrong around it has time to."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET commit_delay = {_COMMIT_US}")
            connection.execute("ALTER SYSTEM SET commit_siblings = 0")  # also where nobody else commits
            connection.execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End every process of it at once, as a power cut does: the postmaster, frozen first, cannot save anything."""
        postmaster = self.postmaster()
        os.kill(postmaster, signal.SIGSTOP)
        for pid in (*_children(postmaster), postmaster):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restart_fast(self) -> None:
        """Restart it as an administrator does, who waits for nobody: ``pg_ctl restart -m fast``."""
        cluster = self._files.cluster
        command: list[str | Path] = [
            binaries() / "pg_ctl",
            "restart",
            "-D",
            cluster,
            "-m",
            "fast",
            "-w",
            "-t",
            "120",
            "-s",
        ]
        # The new postmaster inherits these, and would keep a pipe open for ever.
        given: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.run(command, check=True, cwd="/", **given, **server_user().popen_options())
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of it, and let them go on at the end."""
        postmaster = self.postmaster()
        family = [postmaster, *_children(postmaster)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def postmaster(self) -> int:
        """Give the process id of the postmaster at work."""
        return int((self._files.cluster / "postmaster.pid").read_text().split()[0])

    def _join(self) -> EmbeddedPostgres:
        return EmbeddedPostgres.start(self.data_dir, report=lambda _: None)


def _children(postmaster: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
