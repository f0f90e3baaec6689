"""The file that takes a new Pi to its server: on the boot partition of its card, or on a USB stick.

::

    server_url = "https://farm.local"
    enrollment_key = "hfe_…"          # taken out again once this Pi has joined
    ca_pem = '''
    -----BEGIN CERTIFICATE-----
    …
    '''

What such a file says is written by whoever holds the card, so it is read strictly: one small regular file, known keys,
nothing else.
"""

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from pi_reader.identity import write_atomically
from pi_reader.small_file import NotASmallFile, read_small_file
from pi_reader.toml_table import ConfigError, Table

LARGEST_BYTES = 8192
_KEY = re.compile(r"hfe_[A-Za-z0-9_-]{8}_[A-Za-z0-9_-]{43}")
_KEY_LINE = re.compile(r"^[ \t]*[\"']?enrollment_key[\"']?[ \t]*=.*(?:\r?\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class JoinFile:
    """What a joining file says. ``ca_pem`` is the only authority whose certificates are believed, if given."""

    path: Path
    server_url: str | None
    ca_pem: str | None
    allow_plain_http: bool
    enrollment_key: str | None = field(repr=False)


def read_boot_file(path: Path) -> JoinFile | None:
    """Read the file of the boot partition; None when there is none.

    Raises
    ------
    ConfigError
        If it is too large, no regular file, not TOML, or says something that is not known here.
    """
    if not path.is_file():
        return None
    return _parse(path)


def read_stick_file(path: Path) -> JoinFile:
    """Read the file of a USB stick; it has to hold a key, and the authority of a server that it names.

    Raises
    ------
    ConfigError
        As :func:`read_boot_file`, and if the key, or the authority of the server, is missing.
    """
    found = _parse(path)
    if found.enrollment_key is None:
        raise ConfigError(f"{path}: enrollment_key is missing; a stick is for joining")
    if found.server_url is not None and found.ca_pem is None:
        raise ConfigError(f"{path}: names a server without its ca_pem; make the file with: hydrofleet keys enrollment")
    return found


def remove_key(path: Path) -> bool:
    """Take the enrollment key out of a joining file, durably; False if there was none.

    Flash memory keeps old blocks for a while, so the key also has to end by itself: by its date and its uses.

    Raises
    ------
    OSError
        If the file cannot be written, e.g. by an agent that is not root.
    """
    text = path.read_text(encoding="utf-8")
    without = _KEY_LINE.sub("", text)
    if without == text:
        return False
    write_atomically(path, without.encode(), mode=0o644)
    return True


def _parse(path: Path) -> JoinFile:
    table = Table.parse(path, _read_text(path))
    key = table.optional_text("enrollment_key")
    if key is not None and not _KEY.fullmatch(key):
        # The value itself stays out of the message: it is a secret, mistyped.
        raise ConfigError(f"{path}: enrollment_key does not look like hfe_<8>_<43>")
    found = JoinFile(
        path=path,
        server_url=table.optional_text("server_url"),
        ca_pem=_certificates(table),
        allow_plain_http=table.boolean("allow_plain_http", default=False),
        enrollment_key=key,
    )
    table.finish()
    return found


def _certificates(table: Table) -> str | None:
    pem = table.optional_text("ca_pem")
    if pem is None:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise table.fault("ca_pem", f"holds no certificate ({error})") from error
    return pem


def _read_text(path: Path) -> str:
    try:
        return read_small_file(path, LARGEST_BYTES).decode("utf-8-sig")
    except NotASmallFile as error:
        raise ConfigError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
