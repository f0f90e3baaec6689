"""The host name of a Pi that has joined: set by a small helper that is root, from a name it trusts nobody for.

The agent, which is not root, leaves the name in its folder; whatever stands there, only ``pi-N`` becomes a host name,
and no shell ever sees it.
"""

import contextlib
import re
import socket
from pathlib import Path

from pi_reader.identity import write_atomically
from pi_reader.roots import Roots
from pi_reader.small_file import NotASmallFile, read_small_file

_NAME = re.compile(rb"pi-[1-9][0-9]{0,3}\n?")
_OWN_LINE = re.compile(r"^127\.0\.1\.1\s.*$", re.MULTILINE)


class NoName(ValueError):
    """There is no name that a host may take; the message says what was found."""


def read_given_name(file: Path) -> str:
    """Read the name that the agent left: a small regular file that holds ``pi-N`` and nothing else.

    Raises
    ------
    NoName
        If it is anything else, a link too.
    """
    try:
        content = read_small_file(file, 64)
    except NotASmallFile as error:
        raise NoName(f"{file}: {error}") from error
    if not _NAME.fullmatch(content):
        raise NoName(f"{file} holds {content[:40]!r}; a host is called pi-1 to pi-9999")
    return content.decode("ascii").strip()


def set_host_name(name: str, roots: Roots) -> bool:
    """Take a name from now on and after the next start; False when the host is called so already."""
    if roots.host_name.is_file() and roots.host_name.read_text(encoding="utf-8").strip() == name:
        return False
    write_atomically(roots.host_name, f"{name}\n".encode(), mode=0o644)
    hosts = roots.hosts.read_text(encoding="utf-8") if roots.hosts.is_file() else ""
    line = f"127.0.1.1\t{name}"
    changed = _OWN_LINE.sub(line, hosts) if _OWN_LINE.search(hosts) else f"{hosts.rstrip()}\n{line}\n".lstrip()
    write_atomically(roots.hosts, changed.encode(), mode=0o644)
    if roots.root == Path("/"):
        # Without the right to do so now, the name holds after the next start.
        with contextlib.suppress(OSError):
            socket.sethostname(name)
    return True
