"""Belonging to a fleet: joining it, waiting to be let in, replacing the token, coming back with a new one.

Nothing here stops the sampling: while this Pi waits, readings pile up in the outbox.
"""

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pi_reader import __version__
from pi_reader.backoff import FIRST_OF_A_GUEST_S, FullJitter
from pi_reader.clock import Clock
from pi_reader.identity import token_id
from pi_reader.keyring import Keyring
from pi_reader.protocol import CONFIG_PATH, ENROLL_PATH, TOKEN_PATH, read_retry_after, read_slug, server_time
from pi_reader.transport import RawAnswer, Transport

log = logging.getLogger(__name__)

# The pace of a Pi that waits for a person, unless the server names another.
_ASK_AGAIN_S = 60.0
# A token that could not be replaced still works; there is no hurry.
_ROTATE_AGAIN_S = 60.0
_GIVEN_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class MembershipParts:
    """What a membership works with.

    ``find_key`` looks for an enrollment key wherever one may have been left since; ``about`` is what this Pi says of
    itself; ``on_joined`` hears the name it was given.
    """

    keyring: Keyring
    transport: Transport
    clock: Clock
    find_key: Callable[[], str | None]
    about: Mapping[str, str] = field(default_factory=dict)
    on_joined: Callable[[str], None] = lambda name: None
    backoff: FullJitter = field(default_factory=lambda: FullJitter(first_s=FIRST_OF_A_GUEST_S))


class Membership:
    """Asked before every delivery: :meth:`attempt` says whether this Pi may deliver now."""

    def __init__(self, parts: MembershipParts) -> None:
        self._parts = parts
        self._keyring, self._transport, self._backoff = parts.keyring, parts.transport, parts.backoff
        self._rotation_wanted = False
        self._rotate_not_before = 0.0
        self._has_renewed = False
        self.detail = ""

    @property
    def name(self) -> str | None:
        """The name the server gave to this Pi, as far as it is known here."""
        return self._keyring.name

    def wait_after_no_answer(self) -> float | None:
        """Give the seconds to wait while this Pi has yet to join, None when it waits as a member of the fleet."""
        return self._backoff.after_failure() if self._keyring.has_to_join else None

    def attempt(self) -> float | None:
        """Do what is to be done; give the seconds to wait before the next try, None when readings may be delivered.

        Raises
        ------
        TransportError
            If the server cannot be reached.
        """
        if self._keyring.has_to_join:
            wait_s = self._join()
            if wait_s is not None:
                return wait_s
        if (self._rotation_wanted or self._keyring.next_token) and time.monotonic() >= self._rotate_not_before:
            self._rotate()
        return None

    def ask_to_rotate(self) -> None:
        """Replace the token before the next delivery."""
        self._rotation_wanted = True

    def is_refused(self) -> bool:
        """Look for a way back after the server said that it does not know the token; True when there is one.

        Raises
        ------
        TransportError
            If the server cannot be reached.
        """
        next_token = self._keyring.next_token
        if next_token is not None and self._knows(next_token):
            log.info("the next token is the valid one by now")
            self._adopt_next()
            return True
        if self._parts.find_key() is None:
            return False
        log.warning("the server no longer knows the token of this Pi; joining with a new one")
        self._renew()
        return True

    def _join(self) -> float | None:
        key = self._parts.find_key()
        if key is None:
            if self._knows(self._keyring.token):
                return self._note_joined_by_token()
            self._say("waiting for an enrollment key, on the boot partition or a USB stick")
            return self._backoff.after_request(_ASK_AGAIN_S)
        answer = self._transport.post(ENROLL_PATH, self._question(), _headers(key))
        fields = self._learn(answer)
        if answer.status in (200, 201) and _GIVEN_NAME.fullmatch(str(fields.get("name"))):
            self._note_joined(str(fields["name"]))
            return None
        return self._wait_after(answer)

    def _wait_after(self, answer: RawAnswer) -> float | None:
        """Decide what an answer other than yes means."""
        retry_after_s = read_retry_after(answer)
        if answer.status == 202:
            self._say("waiting until a person lets this Pi in")
            return self._backoff.after_request(_ASK_AGAIN_S if retry_after_s is None else retry_after_s)
        if answer.status == 401 and self._knows(self._keyring.token):
            return self._note_joined_by_token()
        if answer.status == 409 and not self._has_renewed:
            log.warning("another board joined with this token: this card was copied; joining as a Pi of its own")
            self._has_renewed = True
            self._renew()
            return 0.0
        self._say(f"not let in: HTTP {answer.status} {read_slug(answer)}".rstrip())
        if retry_after_s is not None:
            return self._backoff.after_request(retry_after_s)
        # A 200 that names no Pi is the login page of a Wi-Fi, or another server.
        is_passing = answer.status in (200, 408, 425, 429) or answer.status >= 500
        return self._backoff.after_failure() if is_passing else self._backoff.after_refusal()

    def _rotate(self) -> None:
        """Offer the next token; it is used only once the server has said that it knows it."""
        token = self._keyring.prepare_next()
        self._rotate_not_before = time.monotonic() + _ROTATE_AGAIN_S
        answer = self._transport.post(TOKEN_PATH, json.dumps(_fingerprint(token)).encode(), _JSON)
        if answer.status == 200 and _object(answer).get("token_id") == _fingerprint(token)["token_id"]:
            log.info("the token is replaced by %s", token_id(token))
            self._adopt_next()
        elif answer.status == 409:
            self._keyring.drop_next()

    def _adopt_next(self) -> None:
        self._keyring.promote()
        self._transport.use_token(self._keyring.token)
        self._rotation_wanted = False
        self._rotate_not_before = 0.0

    def _renew(self) -> None:
        self._keyring.renew()
        self._transport.use_token(self._keyring.token)

    def _knows(self, token: str) -> bool:
        """Ask the server whether it knows a token."""
        answer = self._transport.get(CONFIG_PATH, {"Authorization": f"Bearer {token}"})
        return answer.status == 200 and self._config_name(answer) is not None

    def _config_name(self, answer: RawAnswer) -> str | None:
        config = self._learn(answer).get("config")
        name = config.get("name") if isinstance(config, dict) else None
        return name if isinstance(name, str) and _GIVEN_NAME.fullmatch(name) else None

    def _note_joined_by_token(self) -> float | None:
        """Take the name from the configuration: the answer that said it was lost, and the key has ended since."""
        name = self._config_name(self._transport.get(CONFIG_PATH))
        if name is None:
            return self._backoff.after_failure()
        self._note_joined(name)
        return None

    def _note_joined(self, name: str) -> None:
        self._keyring.note_joined(name)
        self._backoff.reset()
        self._has_renewed = False
        self._say("")
        log.info("this Pi has joined as %s", name)
        self._parts.on_joined(name)

    def _question(self) -> bytes:
        board = self._keyring.board
        said = {"serial": board.serial, "serial_source": board.source, "agent": __version__, **self._parts.about}
        return json.dumps({**said, **_fingerprint(self._keyring.token)}).encode()

    def _learn(self, answer: RawAnswer) -> dict[str, Any]:
        """Read an answer, and the server's clock from it."""
        server_ms = server_time(answer.body, answer.headers)
        if server_ms is not None and answer.status < 300:
            self._parts.clock.learn(server_ms, self._parts.clock.now())
        return _object(answer)

    def _say(self, detail: str) -> None:
        if detail and detail != self.detail:
            log.warning("%s", detail)
        self.detail = detail


_JSON = {"Content-Type": "application/json"}


def _headers(key: str) -> dict[str, str]:
    return {**_JSON, "Authorization": f"Bearer {key}"}


def _fingerprint(token: str) -> dict[str, str]:
    """Give what the server is told of a token; the token itself stays here until it is used."""
    return {"token_id": token.split("_")[1], "token_sha256": hashlib.sha256(token.encode()).hexdigest()}


def _object(answer: RawAnswer) -> dict[str, Any]:
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
