"""Who this Pi is: its serial number, its boot, and its token."""

import logging
import os
import re
import secrets
import stat
from pathlib import Path

log = logging.getLogger(__name__)

DEVICE_TREE_SERIAL = Path("/proc/device-tree/serial-number")
CPU_INFO = Path("/proc/cpuinfo")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TOKEN = re.compile(r"hfd_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}")
_SERIAL = re.compile(r"[0-9a-f]{8,32}")


class TokenError(RuntimeError):
    """There is no usable token; the message says what to do."""


def serial_number(device_tree: Path = DEVICE_TREE_SERIAL, cpu_info: Path = CPU_INFO) -> str | None:
    """Return the board's serial number in lower-case hex, or None where there is none; a claim, never a proof."""
    for text in (_read(device_tree), _cpu_serial(_read(cpu_info))):
        serial = text.strip("\0 \n\t").lower()
        if _SERIAL.fullmatch(serial) and serial.strip("0"):
            return serial
    return None


def boot_id(file: Path = BOOT_ID) -> str:
    """Return the kernel's id of this boot; a random one where the kernel gives none."""
    return _read(file).strip() or secrets.token_hex(16)


def new_token() -> str:
    """Make a device token: 256 bits from the operating system behind a public 8-digit id."""
    return f"hfd_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


def is_token(text: str) -> bool:
    """Tell whether ``text`` has the form of a device token."""
    return _TOKEN.fullmatch(text) is not None


def token_id(token: str) -> str:
    """Return the public part of a token, the only part that may appear in a log."""
    return token[:12]


def read_token(file: Path) -> str:
    """Return the token in ``file``, tightening the file's mode to 0600 if others could read it.

    Raises
    ------
    TokenError
        If the file is missing, unreadable or damaged.
    """
    try:
        text = file.read_text(encoding="ascii").strip()
        mode = stat.S_IMODE(file.stat().st_mode)
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(
            f"no device token in {file} ({error.__class__.__name__}): put hydrofleet.toml with an enrollment key on the"
            " boot partition, or a token that was made on the server into this file"
        ) from error
    if not is_token(text):
        raise TokenError(f"{file} does not hold a device token (hfd_<8>_<43>); register this Pi again")
    if mode & 0o077:
        log.warning("%s was readable by others (mode %o); changed to 600", file, mode)
        file.chmod(0o600)
    return text


def write_token(file: Path, token: str) -> None:
    """Store the token so that a power cut leaves either the old file or the new one, readable by its owner alone."""
    if not is_token(token):
        raise ValueError("not a device token: it looks like hfd_<8>_<43>")
    write_atomically(file, token.encode("ascii") + b"\n")


def write_atomically(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace ``file`` by ``content`` in one step that survives a power cut: write, sync, rename, sync the folder."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals inside ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _cpu_serial(text: str) -> str:
    match = re.search(r"^Serial\s*:\s*(\w+)", text, re.MULTILINE)
    return match[1] if match else ""
