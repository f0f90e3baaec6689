"""Where a Pi may find out which server is its own, and the key to join: in this order, looked at again and again."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pi_reader.identity import write_atomically
from pi_reader.join_file import JoinFile, read_boot_file, read_stick_file, remove_key
from pi_reader.keyring import has_to_join
from pi_reader.roots import Roots
from pi_reader.toml_table import ConfigError

log = logging.getLogger(__name__)

_REMEMBERED = "server.json"


@dataclass(frozen=True, slots=True)
class JoinSources:
    """The boot partition, what this Pi remembers, and USB sticks.

    A stick is looked at only as long as this Pi has not joined: afterwards whoever plugs one in changes nothing.
    ``all_tokens`` are the token files of all tanks of this Pi: the key stays until the last of them has joined.
    """

    roots: Roots
    state_dir: Path
    all_tokens: Sequence[Path] = ()

    def files(self) -> Iterator[JoinFile]:
        """Give what the sources say, the weightiest first; one that is damaged or hostile is passed over."""
        yield from _readable(read_boot_file, self.roots.boot_file)
        remembered = self._remembered()
        if remembered is not None:
            yield remembered
            return
        for path in self.roots.stick_files():
            yield from _readable(read_stick_file, path)

    def find_key(self, server_url: str) -> str | None:
        """Look for a key to join ``server_url``; one that was left for another server is not shown to this one."""
        for found in self.files():
            if found.enrollment_key and (found.server_url or server_url).rstrip("/") == server_url.rstrip("/"):
                return found.enrollment_key
        return None

    def note_joined(self, name: str) -> None:
        """Remember the server, leave the name for the helper that sets it, and take the key out of the boot file."""
        named = next((found for found in self.files() if found.server_url), None)
        if named is not None:
            said = {"server_url": named.server_url, "ca_pem": named.ca_pem, "allow_plain_http": named.allow_plain_http}
            write_atomically(self.state_dir / _REMEMBERED, json.dumps(said).encode())
        write_atomically(self.state_dir / "name", f"{name}\n".encode(), mode=0o644)
        if any(has_to_join(token) for token in self.all_tokens):
            log.info("the enrollment key stays until the other tanks of this Pi have joined")
            return
        self._wake_helper()
        try:
            if self.roots.boot_file.is_file() and remove_key(self.roots.boot_file):
                log.info("the enrollment key is taken out of %s", self.roots.boot_file)
        except (OSError, UnicodeDecodeError) as error:
            # The agent is not root; hydrofleet-pi-joined.service does it as soon as it sees the name.
            log.info("the enrollment key stays in %s for now (%s)", self.roots.boot_file, error)

    def _wake_helper(self) -> None:
        """Write the Pi's own name again: hydrofleet-pi-joined.path watches it, and takes the key away as root."""
        name = self.state_dir.parent / "name"
        if self.roots.tank and name.is_file():
            write_atomically(name, name.read_bytes(), mode=0o644)

    def _remembered(self) -> JoinFile | None:
        path = self.state_dir / _REMEMBERED
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return JoinFile(path, str(said["server_url"]), said["ca_pem"], said["allow_plain_http"] is True, None)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged (%s); passed over", path, error)
            return None


def _readable(read: Callable[[Path], JoinFile | None], path: Path) -> Iterator[JoinFile]:
    try:
        found = read(path)
    except ConfigError as error:
        log.warning("%s; passed over", error)
        return
    if found is not None:
        yield found
