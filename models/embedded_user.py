"""Which user of the operating system the bundled PostgreSQL runs as.

PostgreSQL refuses to run as root. Started by root, it gets a user of its own, without a password, a shell or a home,
who owns the cluster's files and may pass through the directories above them, and nothing else.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import EmbeddedPostgresError

SERVER_USER = "hydrofleet-db"


@dataclass(frozen=True)
class ServerUser:
    """The server's user and group id; ``is_separate`` when they are not our own."""

    uid: int
    gid: int
    is_separate: bool

    def give(self, path: Path) -> None:
        """Make the server's user the owner of a file or directory."""
        if self.is_separate:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def popen_options(self) -> dict[str, Any]:
        """Arguments with which :mod:`subprocess` starts a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_separate else {}


def server_user() -> ServerUser:
    """Find the user to run the server as, making it when root starts the very first one.

    Raises
    ------
    EmbeddedPostgresError
        If root cannot make the user.
    """
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid(), is_separate=False)
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        _make_user()
        entry = pwd.getpwnam(SERVER_USER)
    return ServerUser(entry.pw_uid, entry.pw_gid, is_separate=True)


def let_through(paths: Iterable[Path], user: ServerUser) -> list[Path]:
    """Let the server's user pass through these directories and all above them; give those that were changed.

    Only the search permission is added: their contents cannot be listed by it. Without a separate user there is
    nothing to do.
    """
    if not user.is_separate:
        return []
    changed = []
    for directory in sorted({above for path in paths for above in (path, *path.parents)}):
        status = directory.stat()
        if not status.st_mode & stat.S_IXOTH and status.st_uid != user.uid:
            directory.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            changed.append(directory)
    return changed


def _make_user() -> None:
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    advice = "start hydrofleet as an ordinary user, or give it the address of a PostgreSQL server"
    if program is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and there is no useradd to make the user {SERVER_USER!r}; {advice}"
        )
    command = [program, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", SERVER_USER]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    # 9: somebody else has made it in this very moment
    if made.returncode not in (0, 9):
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and making the user {SERVER_USER!r} failed: {made.stderr.strip()}; "
            f"{advice}"
        )
