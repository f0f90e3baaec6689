"""Making an image of a card: nothing of this Pi may be on the cards that are written from it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pi_reader.config import AgentConfig
from pi_reader.identity import sync_folder
from pi_reader.keyring import MEMORY_NAME
from pi_reader.roots import Roots
from pi_reader.station import OUTBOX_NAME

_OF_THIS_PI = ("name", "server.json", "w1", "tank-*", "agent.lock", "agent.json")


class StillMember(RuntimeError):
    """This Pi belongs to a fleet; what it has not delivered would be lost."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What would make two Pis one if it stood on both their cards."""

    files: tuple[Path, ...]
    is_member: bool


def find_traces(config: AgentConfig, roots: Roots) -> Traces:
    """List what has to go: credentials, readings, and what the system made for this machine alone."""
    token, state = config.token_file, config.state_dir
    found: list[Path] = []
    for stem in (token.name, "token.next", MEMORY_NAME, "joined.json"):
        found += sorted(token.parent.glob(f"{stem}*"))
    found += [path for pattern in (f"{OUTBOX_NAME}*", *_OF_THIS_PI) for path in sorted(state.glob(pattern))]
    if roots.machine_id.is_file() and roots.machine_id.stat().st_size:
        found.append(roots.machine_id)
    found += roots.host_keys()
    return Traces(tuple(dict.fromkeys(found)), is_member=_is_member(token, state))


def _is_member(token: Path, state: Path) -> bool:
    return token.with_name("joined.json").exists() or any(state.glob("tank-*/joined.json"))


def prepare_image(config: AgentConfig, roots: Roots, *, is_sure: bool) -> list[Path]:
    """Delete the traces of this Pi, so that every card written from this one joins as a Pi of its own.

    Gives the paths that were deleted; doing it again finds nothing.

    Raises
    ------
    StillMember
        If this Pi has joined a fleet and nobody is sure.
    """
    traces = find_traces(config, roots)
    if traces.is_member and not is_sure:
        raise StillMember(
            "this Pi has joined a fleet; deleting its token and its readings cannot be undone. If its card is to become"
            " an image, say --yes; the server will ask a person before it lets this board in again"
        )
    for path in traces.files:
        _delete(path, roots)
    for folder in _folders(traces.files):
        sync_folder(folder)
    return list(traces.files)


def _delete(path: Path, roots: Roots) -> None:
    if path == roots.machine_id:
        # systemd makes a new number when it finds the file empty; without the file some services do not start.
        path.write_bytes(b"")
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _folders(files: tuple[Path, ...]) -> Iterator[Path]:
    return (folder for folder in dict.fromkeys(file.parent for file in files) if folder.is_dir())
