"""The server process of the bundled PostgreSQL: made, launched, found again after a crash, stopped.

The programs of the cluster are started directly: ``pg_ctl`` would wait a fixed time for a recovery that may take
minutes, and would hide why a start failed.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from models.embedded_files import ClusterFiles
from models.embedded_settings import server_settings
from models.embedded_user import ServerUser
from models.errors import EmbeddedPostgresError

MAJOR_VERSION = "18"

_STOP_WITHIN_S = 60.0
_QUIT_WITHIN_S = 15.0
_PID_FILE_COMPLETE_WITHIN_S = 30.0
_POLL_S = 0.05
#: Line of postmaster.pid that holds the socket directory (PostgreSQL: miscadmin.h, LOCK_FILE_LINE_SOCKET_DIR).
_SOCKET_DIR_LINE = 4


@dataclass(frozen=True)
class Postmaster:
    """A server process, ours or one that an earlier process left running."""

    process: psutil.Process
    socket_dir: Path
    #: One that we found may be on its way out; one that we launched and that ended will not do better next time.
    is_launched_here: bool

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_alive(self) -> bool:
        """Say whether the server still runs; a process id that was given to another program does not count."""
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self) -> None:
        """Stop cleanly: open transactions are rolled back, everything is written, no recovery will be needed.

        Raises
        ------
        EmbeddedPostgresError
            If it outlives even an immediate shutdown.
        """
        for how, patience_s in ((signal.SIGINT, _STOP_WITHIN_S), (signal.SIGQUIT, _QUIT_WITHIN_S)):
            with suppress(psutil.NoSuchProcess):
                self.process.send_signal(how)
            if self._ends_within(patience_s):
                with suppress(psutil.Error):
                    self.process.wait(timeout=0)
                return
        raise EmbeddedPostgresError(f"the database server (process {self.pid}) does not stop; its disk may be stuck")

    def _ends_within(self, patience_s: float) -> bool:
        """Wait for the end; a process that its parent has not buried yet has ended, too."""
        deadline = time.monotonic() + patience_s
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return not self.is_alive()


def create_cluster(files: ClusterFiles, user: ServerUser, bin_dir: Path, *, database_user: str) -> None:
    """Make an empty cluster beside its final place and move it there whole, so that no kill leaves half of one.

    Text sorts by code point in PostgreSQL's own way: an upgrade of the system's C library cannot damage an index.

    Raises
    ------
    EmbeddedPostgresError
        If initdb fails, with what it said.
    """
    shutil.rmtree(files.unfinished_cluster, ignore_errors=True)
    files.unfinished_cluster.mkdir(mode=0o700)
    user.give(files.unfinished_cluster)
    command: list[str | Path] = [
        bin_dir / "initdb",
        f"--pgdata={files.unfinished_cluster}",
        f"--username={database_user}",
        f"--pwfile={files.password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    made = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=_environment(), check=False, **user.popen_options()
    )
    if made.returncode != 0:
        raise EmbeddedPostgresError(f"making the database in {files.cluster} failed: {made.stderr.strip()}")
    files.unfinished_cluster.rename(files.cluster)


def running_postmaster(files: ClusterFiles) -> Postmaster | None:
    """Find the server that already runs on this cluster, whoever started it; None if there is none.

    Call it under the start lock. A pid file that names some other program (the number was given out again after a
    crash or a reboot), or a dead server that its parent has not buried yet, is removed: PostgreSQL itself would refuse
    to start because of it. That no child of a dead server still works here is told by its shared memory.

    Raises
    ------
    EmbeddedPostgresError
        If the cluster was made by another major version.
    """
    _check_version(files)
    pid_file = files.cluster / "postmaster.pid"
    process = _named_process(pid_file)
    if process is None:
        return None
    if not _serves(process, files.cluster):
        pid_file.unlink(missing_ok=True)
        return None
    socket_dir = _socket_dir_of(pid_file, process)
    return Postmaster(process, socket_dir, is_launched_here=False) if socket_dir else None


def launch(files: ClusterFiles, user: ServerUser, bin_dir: Path) -> Postmaster:
    """Start the server in a session of its own, where no Ctrl-C meant for us reaches it; do not wait for it."""
    _forget_old_socket(files)
    socket_dir = files.new_socket_dir(user)
    settings = server_settings(socket_dir=socket_dir, log_dir=files.log, cluster=files.cluster)
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with files.start_output.open("wb") as output:
        process = psutil.Popen(
            [bin_dir / "postgres", "-D", files.cluster, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            **user.popen_options(),
        )
    return Postmaster(process, socket_dir, is_launched_here=True)


def meets_remains(files: ClusterFiles) -> bool:
    """Say whether the last launch ended because children of a killed server were still there."""
    said = files.start_output.read_text("utf-8", "replace")
    return "shared memory block" in said or "lock file" in said


def last_words(files: ClusterFiles, *, lines: int = 12) -> str:
    """Give the end of what the server said: to its log once that was open, to its start output before."""
    logs = sorted([files.start_output, *files.log.glob("*.log")], key=lambda path: path.stat().st_mtime)
    text = "".join(path.read_text("utf-8", "replace") for path in logs[-2:])
    return "\n".join(text.splitlines()[-lines:])


def _check_version(files: ClusterFiles) -> None:
    found = (files.cluster / "PG_VERSION").read_text("ascii").strip()
    if found != MAJOR_VERSION:
        raise EmbeddedPostgresError(
            f"{files.cluster} was made by PostgreSQL {found}, this version of hydrofleet brings {MAJOR_VERSION}; "
            f"dump it with the version that made it (pg_dump) and load the dump here, or choose another data directory"
        )


def _named_process(pid_file: Path) -> psutil.Process | None:
    try:
        return psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _serves(process: psutil.Process, cluster: Path) -> bool:
    """Say whether a process is a PostgreSQL server of this cluster: it works inside its data directory."""
    try:
        return process.name().startswith("postgres") and Path(process.cwd()).samefile(cluster)
    except (psutil.Error, OSError):
        return False


def _socket_dir_of(pid_file: Path, process: psutil.Process) -> Path | None:
    """Read where a running server listens; one that was orphaned while starting writes it in a moment."""
    deadline = time.monotonic() + _PID_FILE_COMPLETE_WITHIN_S
    while time.monotonic() < deadline and process.is_running() and pid_file.exists():
        lines = pid_file.read_text().splitlines()
        if len(lines) > _SOCKET_DIR_LINE and lines[_SOCKET_DIR_LINE].strip():
            return Path(lines[_SOCKET_DIR_LINE].strip())
        time.sleep(_POLL_S)
    return None


def _forget_old_socket(files: ClusterFiles) -> None:
    """Remove the socket directory of a server that died without doing so."""
    pid_file = files.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines() if pid_file.exists() else []
    if len(lines) > _SOCKET_DIR_LINE and lines[_SOCKET_DIR_LINE].strip():
        files.remove_socket_dir(Path(lines[_SOCKET_DIR_LINE].strip()))


def _environment() -> dict[str, str]:
    """Nothing of our own environment reaches the server: PG* variables and locales would change its behaviour."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
