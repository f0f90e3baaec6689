"""Which board this card sits in: its serial number, or one made up where the board has none."""

import hashlib
import json
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from pi_reader.identity import serial_number, write_atomically
from pi_reader.roots import Roots

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """A board as the server hears of it. ``source`` is ``board``, or ``generated`` for a number made up here."""

    serial: str
    source: str


@dataclass(frozen=True, slots=True)
class CardMemory:
    """What a card remembers: its board, and the public part of the token that was made here (None: none was)."""

    board: Board
    token_id: str | None


def find_board(roots: Roots, remembered: Board | None) -> Board:
    """Tell which board this is.

    A board without a serial number goes by its built-in network address, and one without that by a random number,
    which is kept as long as there is nothing to tell another board by. A further tank of a Pi goes by the same number
    with its letter behind it.
    """
    serial = serial_number(roots.device_tree_serial, roots.cpu_info)
    if serial is not None:
        return Board(serial + roots.tank, "board")
    address = _network_address(roots)
    if address is not None:
        return Board(hashlib.sha256(address.encode()).hexdigest()[:16] + roots.tank, "generated")
    if remembered is not None and remembered.source == "generated":
        return remembered
    return Board(secrets.token_hex(8), "generated")


def read_memory(file: Path) -> CardMemory | None:
    """Give what was remembered beside the token; None when there is nothing, or it is damaged."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return CardMemory(Board(str(said["serial"]), str(said["source"])), said.get("token_id"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s is damaged (%s); taking the board as it is", file, error)
        return None


def write_memory(file: Path, memory: CardMemory) -> None:
    """Remember the board, durably."""
    said = {"serial": memory.board.serial, "source": memory.board.source, "token_id": memory.token_id}
    write_atomically(file, json.dumps(said).encode())


def _network_address(roots: Roots) -> str | None:
    for file in roots.network_addresses():
        try:
            address = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if address.strip("0:"):
            return address
    return None
