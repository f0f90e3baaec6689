"""Credentials of machines: a kind, an eight-character name that may be logged, and 256 secret bits.

``hfd_k3x9m2qa_<43 characters>``: the kind finds a leaked token in a search, the name finds its row without
scanning, and only the SHA-256 of the whole text is stored. A fast hash is right here: nobody guesses 256 bits.
"""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from enum import StrEnum, unique

_ID_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 8
_PATTERN = re.compile(r"(hf[der])_([A-Za-z0-9_-]{8})_([A-Za-z0-9_-]{43})", re.ASCII)


@unique
class TokenKind(StrEnum):
    """What the holder may do; the value is how the token begins."""

    DEVICE = "hfd"
    ENROLLMENT = "hfe"
    READ = "hfr"


@dataclass(frozen=True, slots=True)
class Token:
    """A new credential. ``text`` is shown once and never stored; ``digest`` is what the database keeps."""

    text: str = field(repr=False)
    id: str
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParsedToken:
    """A credential as presented: the row to look up, and the digest to compare."""

    id: str
    digest: bytes = field(repr=False)


def make_token(kind: TokenKind) -> Token:
    """Make a credential from the system's random source."""
    token_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
    text = f"{kind}_{token_id}_{secrets.token_urlsafe(32)}"
    return Token(text, token_id, _digest(text))


def parse_token(text: str, kind: TokenKind) -> ParsedToken | None:
    """Take a presented credential apart; None if it cannot be one of this kind (empty, cut, another kind)."""
    match = _PATTERN.fullmatch(text)
    if match is None or match[1] != kind:
        return None
    return ParsedToken(match[2], _digest(text))


def same_digest(presented: bytes, stored: bytes) -> bool:
    """Compare two digests in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(presented, stored)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()
