"""Files that people sent to be imported: put together piece by piece, kept for a day, each for whoever sent it."""

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from app.i18n import N_
from app.principal import Principal
from app.saying import Refused

#: Of one file; ten years of minutes have less.
MOST_BYTES = 256 * 1024 * 1024
_MOST_BYTES_TOGETHER = 4 * MOST_BYTES
_KEPT_S = 24 * 3600
# What the readings of the fleet need for a while is not taken by a file.
_LEFT_FREE_BYTES = 1024**3

_NAME = re.compile(r"[0-9]+-[0-9a-f]{16}")


class NotTaken(Refused):
    """A piece of a file is not taken, or an import is not begun."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of files on their way in, below the data directory."""

    folder: Path

    def begin(self, file_name: str, *, by: Principal, size: int = 0) -> str:
        """Make room for a file of that size; gives its name on the shelf. What lies there for a day goes.

        Raises
        ------
        NotTaken
            If it is too large, or too much lies there already.
        """
        _refuse_too_large(size)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clear()
        if sum(one.stat().st_size for one in self.folder.glob("*/*")) > _MOST_BYTES_TOGETHER:
            raise NotTaken(N_("Too many files wait to be imported; come back tomorrow."))
        if shutil.disk_usage(self.folder).free < size + _LEFT_FREE_BYTES:
            raise NotTaken(N_("The server's disk is nearly full; make room first."))
        upload = f"{by.id}-{secrets.token_hex(8)}"
        (self.folder / upload).mkdir(mode=0o700)
        (self.folder / upload / _harmless(file_name)).touch()
        return upload

    def add(self, upload: str, offset: int, piece: bytes, *, by: Principal) -> int:
        """Add the next piece; gives the size so far.

        Raises
        ------
        NotTaken
            If there is no such file of this person, the piece is not the next one, or the file grows too large.
        """
        path = self.path(upload, by=by)
        size = path.stat().st_size
        if offset != size:
            raise NotTaken(N_("The file did not arrive whole; send it again."))
        _refuse_too_large(size + len(piece))
        with path.open("ab") as file:
            file.write(piece)
        return size + len(piece)

    def path(self, upload: str, *, by: Principal) -> Path:
        """Give where a file lies.

        Raises
        ------
        NotTaken
            If there is none of this name that this person sent.
        """
        is_theirs = _NAME.fullmatch(upload) and upload.startswith(f"{by.id}-")
        found = next((self.folder / upload).glob("*"), None) if is_theirs else None
        if found is None:
            raise NotTaken(N_("The file is no longer here; send it again."))
        return found

    def _clear(self) -> None:
        for one in self.folder.iterdir():
            if one.stat().st_mtime < time.time() - _KEPT_S:
                shutil.rmtree(one, ignore_errors=True)


def _refuse_too_large(size: int) -> None:
    if size > MOST_BYTES:
        raise NotTaken(N_("The file is larger than %(most)s MB."), most=MOST_BYTES // 1024**2)


def _harmless(name: str) -> str:
    """Give a name for the disk that tells people the same."""
    plain = re.sub(r"[^\w. -]+", "-", name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1])
    return plain.strip(". ")[-100:] or "log"
