"""Writing secrets to a file without losing, leaking or overwriting any."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import HydrofleetError


class UnsafeCredentialsFile(HydrofleetError):
    """The file would overwrite something, or end up in a repository."""


@contextmanager
def write_credentials(path: Path) -> Iterator[Any]:
    """Yield a csv writer on a new file that only its owner may read; an error leaves no file behind.

    The rows are on the disk before the context ends, so that what commits afterwards has its secret saved.

    Raises
    ------
    UnsafeCredentialsFile
        If the file exists, its folder does not, or it lies inside a git work tree.
    """
    refuse_work_tree(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UnsafeCredentialsFile(f"{path} exists and may hold tokens in use; name a new file") from error
    except FileNotFoundError as error:
        raise UnsafeCredentialsFile(f"the folder {path.parent} does not exist; make it first") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            # A shell that cuts a token out of a line would otherwise carry the line's CR into the header.
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["device", "token"])
            yield rows
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def refuse_work_tree(path: Path) -> None:
    """Raise :class:`UnsafeCredentialsFile` if a file would lie where it is committed sooner or later."""
    for folder in path.resolve().parents:
        if (folder / ".git").exists():
            raise UnsafeCredentialsFile(f"{path} lies in the git work tree {folder}; tokens must not be committed")
