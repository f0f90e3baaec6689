"""Reading a file that somebody else may have put there: never through a link, never from a pipe, never without end."""

import os
import stat
from pathlib import Path


class NotASmallFile(OSError):
    """There is something else than a small regular file; the message says what."""


def read_small_file(path: Path, limit: int) -> bytes:
    """Give the content of a regular file of at most ``limit`` bytes.

    Raises
    ------
    NotASmallFile
        If it is missing, unreadable, larger, or anything else than a regular file; a link, too.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NotASmallFile(f"cannot be read ({error.strerror})") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotASmallFile("is not a regular file")
        content = os.read(descriptor, limit + 1)
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise NotASmallFile(f"is larger than {limit} bytes")
    return content
