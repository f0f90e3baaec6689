"""The credentials on a card: made here, on disk before anybody hears of them, bound to the board they were made on.

Beside the token lie ``board.json`` (the board it was made on), ``joined.json`` (the name it was given) and, while a
token is being replaced, ``token.next``. Each is written in one step that survives a power cut, in an order in which
no moment leaves a token that the server may know and this Pi does not.
"""

import json
import logging
from pathlib import Path

from pi_reader.board import Board, CardMemory, find_board, read_memory, write_memory
from pi_reader.identity import TokenError, new_token, read_token, sync_folder, token_id, write_atomically, write_token
from pi_reader.roots import Roots

log = logging.getLogger(__name__)

MEMORY_NAME = "board.json"


class Keyring:
    """The token of this Pi, and the one that is to replace it."""

    def __init__(self, token_file: Path, made: CardMemory) -> None:
        self._file = token_file
        self._made = made
        self._next_file = token_file.with_name("token.next")
        self._joined_file = token_file.with_name("joined.json")
        self.board = made.board
        self.token = read_token(token_file)
        self.next_token = _token_or_none(self._next_file)
        self.name = self._read_name()

    @property
    def has_to_join(self) -> bool:
        """Tell whether the server has yet to hear of this token: it was made here, and no answer said it is known.

        A token that a person put here, or that replaced one, is known to the server already.
        """
        return self.name is None and self._made.token_id == token_id(self.token)

    def note_joined(self, name: str) -> None:
        """Remember that the server knows the token, under which name."""
        write_atomically(self._joined_file, json.dumps({"name": name, "token_id": token_id(self.token)}).encode())
        self.name = name

    def prepare_next(self) -> str:
        """Give the token that is to replace this one, made now if there is none yet; it is on disk."""
        if self.next_token is None:
            token = new_token()
            write_token(self._next_file, token)
            self.next_token = token
        return self.next_token

    def promote(self) -> None:
        """Go on with the next token; the one before is forgotten."""
        if self.next_token is None:
            return
        name = self.name
        self._next_file.replace(self._file)
        sync_folder(self._file.parent)
        self.token, self.next_token = self.next_token, None
        if name is not None:
            self.note_joined(name)

    def drop_next(self) -> None:
        """Forget the next token: the server does not want it."""
        self._next_file.unlink(missing_ok=True)
        sync_folder(self._file.parent)
        self.next_token = None

    def renew(self) -> None:
        """Begin again with a new token; the old one is kept aside, unused."""
        _set_aside(self._file, token_id(self.token))
        self._joined_file.unlink(missing_ok=True)
        self.drop_next()
        self._made, self.token = make_token(self._file, self.board)
        self.name = None

    def _read_name(self) -> str | None:
        """Give the name under which this very token joined."""
        try:
            said = json.loads(self._joined_file.read_text(encoding="utf-8"))
            return str(said["name"]) if said["token_id"] == token_id(self.token) else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged (%s); asking the server again", self._joined_file, error)
            return None


def open_keyring(token_file: Path, roots: Roots, *, may_make_token: bool) -> Keyring:
    """Open the credentials of this card, making them on the first start.

    A card that was moved to another board, or copied from a Pi that had joined, begins anew: what belongs to the old
    board (see :func:`board_that_left`) has to be out of the way before.

    Raises
    ------
    TokenError
        If there is no usable token, and none may be made because nothing tells how to join.
    """
    remembered = read_memory(token_file.with_name(MEMORY_NAME))
    board = find_board(roots, None if remembered is None else remembered.board)
    token_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if remembered is not None and remembered.board != board:
        log.warning("this card was in board %s and is now in %s: joining anew", remembered.board.serial, board.serial)
        _forget(token_file, remembered.board)
        remembered = None
    memory = remembered or CardMemory(board, None)
    try:
        read_token(token_file)
    except TokenError as error:
        if not may_make_token:
            raise
        if token_file.exists():
            log.error("%s; set aside, a new one is made", error)
            _set_aside(token_file, "damaged")
        memory, _ = make_token(token_file, board)
    if memory != remembered:
        write_memory(token_file.with_name(MEMORY_NAME), memory)
    return Keyring(token_file, memory)


def has_to_join(token_file: Path) -> bool:
    """Tell whether a tank of this Pi has yet to join, from its files."""
    memory = read_memory(token_file.with_name(MEMORY_NAME))
    try:
        return memory is not None and Keyring(token_file, memory).has_to_join
    except TokenError:
        return True


def make_token(token_file: Path, board: Board) -> tuple[CardMemory, str]:
    """Make a token for a board; both are on disk, the board first, so that a token never stands there unexplained."""
    token = new_token()
    memory = CardMemory(board, token_id(token))
    write_memory(token_file.with_name(MEMORY_NAME), memory)
    write_token(token_file, token)
    return memory, token


def board_that_left(token_file: Path, roots: Roots) -> Board | None:
    """Give the board for which this card was made if it is not the one it sits in now."""
    remembered = read_memory(token_file.with_name(MEMORY_NAME))
    if remembered is None or find_board(roots, remembered.board) == remembered.board:
        return None
    return remembered.board


def _forget(token_file: Path, board: Board) -> None:
    """Put the credentials of another board aside; harmless when it was done before."""
    for name in (token_file.name, "token.next", "joined.json"):
        _set_aside(token_file.with_name(name), board.serial)


def _set_aside(file: Path, suffix: str) -> None:
    if file.exists():
        file.replace(file.with_name(f"{file.name}.of-{suffix}"))
        sync_folder(file.parent)


def _token_or_none(file: Path) -> str | None:
    if not file.exists():
        return None
    try:
        return read_token(file)
    except TokenError as error:
        log.warning("%s; another one is made when it is needed", error)
        return None
