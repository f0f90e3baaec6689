"""One-time links: whoever opens one sets the password of the person it was made for."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

LIFE = timedelta(days=3)
_PATTERN = re.compile(r"hfi_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was just made. The code is shown once and stored nowhere; only its SHA-256 is."""

    name: str
    code: str = field(repr=False)
    expires_at: datetime

    @property
    def path(self) -> str:
        """The link on this server.

        The code stands behind the ``#``: a browser never sends that part, so it is in no log and no ``Referer``.
        """
        return f"/invitation#{self.code}.{quote(self.name)}"


def make_code() -> str:
    """Make a code of 256 random bits."""
    return f"hfi_{secrets.token_urlsafe(32)}"


def is_code(text: str) -> bool:
    """Tell whether a text could be a code at all."""
    return _PATTERN.fullmatch(text) is not None


def sha256_of(code: str) -> bytes:
    """Give what the database keeps of a code. A fast hash is right here: nobody guesses 256 bits."""
    return hashlib.sha256(code.encode()).digest()
