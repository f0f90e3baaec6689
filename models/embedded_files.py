"""Where the bundled PostgreSQL keeps its files, and the two locks that let processes share it.

<data_dir>/postgres/            the cluster; never copied by hand while it runs
<data_dir>/postgres-log/        one file per weekday, overwritten after a week
<data_dir>/postgres-start.log   what it said before its own log was open
<data_dir>/postgres-socket/     the only door: no network port is ever opened
<data_dir>/postgres.password    random, made once, readable by its owner alone
<data_dir>/postgres.start.lock  held while somebody starts or stops the server
<data_dir>/postgres.users.lock  held (shared) by every process that uses the server
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from models.embedded_user import ServerUser
from models.errors import EmbeddedPostgresError

# Linux allows 107 bytes for a socket's path, macOS 103.
_LONGEST_SOCKET_PATH = 103
_SOCKET_NAME = ".s.PGSQL.5432"
_TEMPORARY_PREFIX = "hydrofleet-pg-"


@dataclass(frozen=True)
class ClusterFiles:
    """The paths of one data directory."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def unfinished_cluster(self) -> Path:
        """Where a cluster is made; it gets its name once it is whole."""
        return self.data_dir / "postgres.unfinished"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres-log"

    @property
    def start_output(self) -> Path:
        """What the server says before its own log is open; the reason when it cannot start."""
        return self.data_dir / "postgres-start.log"

    @property
    def password_file(self) -> Path:
        return self.data_dir / "postgres.password"

    @property
    def start_lock(self) -> Path:
        return self.data_dir / "postgres.start.lock"

    @property
    def users_lock(self) -> Path:
        return self.data_dir / "postgres.users.lock"

    def prepare(self, user: ServerUser) -> None:
        """Make the directories that are missing, for their owner's eyes only."""
        self.data_dir.mkdir(mode=0o711 if user.is_separate else 0o700, parents=True, exist_ok=True)
        self.log.mkdir(mode=0o700, exist_ok=True)
        user.give(self.log)

    def make_password(self, user: ServerUser) -> None:
        """Give a cluster that is about to be made a random password."""
        write_private(self.password_file, secrets.token_urlsafe(32), user)

    def password(self) -> str:
        """Read the server's password.

        Raises
        ------
        EmbeddedPostgresError
            If its file is missing or belongs to somebody else.
        """
        try:
            return self.password_file.read_text("ascii").strip()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"the database's password cannot be read from {self.password_file}: {error.strerror}; "
                f"restore the file from a backup, or start hydrofleet as the user who owns it"
            ) from error

    def new_socket_dir(self, user: ServerUser) -> Path:
        """Make an empty directory for the socket that nobody else may enter.

        It lies in the data directory, or, where that path is too long for a socket, under the user's runtime
        directory or the system's temporary one.
        """
        near = self.data_dir / "postgres-socket"
        if len(os.fsencode(near / f"{_SOCKET_NAME}.lock")) <= _LONGEST_SOCKET_PATH:
            shutil.rmtree(near, ignore_errors=True)
            near.mkdir(mode=0o700)
            socket_dir = near
        else:
            socket_dir = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX, dir=_short_directory(user)))
        user.give(socket_dir)
        return socket_dir

    def remove_socket_dir(self, socket_dir: Path) -> None:
        """Remove a directory that :meth:`new_socket_dir` made; anything else is left alone."""
        if socket_dir.name.startswith(_TEMPORARY_PREFIX) or socket_dir.parent == self.data_dir:
            shutil.rmtree(socket_dir, ignore_errors=True)


def socket_in(socket_dir: Path) -> Path:
    """Name the socket inside its directory."""
    return socket_dir / _SOCKET_NAME


def write_private(path: Path, text: str, user: ServerUser) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    temporary = path.with_name(f"{path.name}.tmp")
    with suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    user.give(temporary)
    temporary.replace(path)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file alone, waiting for whoever has it; the kernel releases it even after kill -9."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class SharedUse:
    """This process's share in a running server, told to others by a shared lock."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release_and_is_last(self) -> bool:
        """Give the share back; True when nobody else holds one. Call it under the start lock."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            self._file.close()


def _short_directory(user: ServerUser) -> Path:
    runtime = Path(f"/run/user/{os.getuid()}")
    if not user.is_separate and os.access(runtime, os.W_OK | os.X_OK):
        return runtime
    directory = Path(tempfile.gettempdir())
    if len(os.fsencode(directory)) > _LONGEST_SOCKET_PATH - 45:
        directory = Path("/tmp")  # a TMPDIR can itself be too long for a socket
    if not directory.is_dir():
        raise EmbeddedPostgresError(f"the database needs a short directory for its socket, but {directory} is missing")
    return directory
