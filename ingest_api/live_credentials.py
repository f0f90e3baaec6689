"""Devices' credentials as the database knew them a moment ago, so that not every post has to ask it."""

import time
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Engine

from models.db import session_scope
from models.read.credentials import device_credentials
from models.read.devices import DeviceCredential

#: A revoked token, a blocked device: this long, at most, nobody here knows. A second is what is promised.
LARGEST_AGE_S = 0.5
#: Devices that were not heard of for this long are no longer asked about.
FORGOTTEN_AFTER_S = 60.0


@dataclass(slots=True)
class _Known:
    credential: DeviceCredential
    asked_at_s: float
    used_at_s: float


class LiveCredentials:
    """Finds a device's credential by the public part of its token.

    A credential is believed for :data:`LARGEST_AGE_S` from before it was read. One query then renews all that are in
    use, and one finds all that are asked for at the moment, so that the cost does not grow with the number of posts,
    nor when a whole fleet comes at once to a server that just began. That a token is unknown is never remembered.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, _Known] = {}
        self._asking = Lock()
        self._wanted: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many tokens the next query asks for."""
        return len(self._wanted)

    def find(self, token_id: str) -> DeviceCredential | None:
        """Find a credential, revoked and expired ones too; None if no token has this id."""
        found = self._remembered(token_id)
        if found is None:
            self._wanted.add(token_id)  # whoever asks next asks for this one too
            with self._asking:
                found = self._remembered(token_id) or self._ask(token_id)
        return found

    def _remembered(self, token_id: str) -> DeviceCredential | None:
        now_s, known = time.monotonic(), self._known.get(token_id)
        if known is None or now_s - known.asked_at_s > LARGEST_AGE_S:
            return None
        known.used_at_s = now_s
        return known.credential

    def _ask(self, token_id: str) -> DeviceCredential | None:
        """Ask for all that are waited for, and if one of them got old, for all others that are in use."""
        waited_for, self._wanted = self._wanted | {token_id}, set()
        asked_at_s, token_ids = time.monotonic(), set(waited_for)
        if not token_ids.isdisjoint(self._known):
            in_use = {one for one, known in self._known.items() if asked_at_s - known.used_at_s < FORGOTTEN_AFTER_S}
            token_ids |= in_use
            self._known = {one: known for one, known in self._known.items() if one in in_use}
        with session_scope(self._engine) as session:
            found = device_credentials(session, token_ids)
        for one in token_ids - found.keys():
            self._known.pop(one, None)
        for one, credential in found.items():
            used_at_s = asked_at_s if one in waited_for else self._known[one].used_at_s
            self._known[one] = _Known(credential, asked_at_s, used_at_s)
        return found.get(token_id)
