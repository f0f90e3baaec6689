"""The connection to the server: one kept-alive client, a pinned CA, bounded answers."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from pi_reader import __version__

_ANSWER_LIMIT_BYTES = 1 << 20
_ANSWER_LIMIT_S = 90.0
_TIMEOUT = httpx.Timeout(connect=10.0, read=30.0, write=30.0, pool=5.0)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A complete HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportError(OSError):
    """No complete answer came: refused, cut, timed out, not trusted."""


def tls_trust(url: str, ca_file: Path | None, ca_pem: str | None = None) -> ssl.SSLContext:
    """Return whom to believe: with ``ca_file`` or ``ca_pem`` that CA alone, otherwise the machine's.

    Costly: share it in a fleet.
    """
    if url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # believes nobody; plain http never asks it
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file), cadata=ca_pem)


class Transport:
    """Sends requests as one device. Redirects are not followed: they would carry the token elsewhere."""

    def __init__(self, url: str, token: str, trust: ssl.SSLContext, *, serial: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": f"hydrofleet-pi/{__version__}"}
        if serial is not None:
            headers["X-Device-Serial"] = serial
        self._client = httpx.Client(base_url=url, headers=headers, verify=trust, timeout=_TIMEOUT, trust_env=False)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        """Post a body and return the answer; raises :class:`TransportError` when none came."""
        return self._exchange(self._client.build_request("POST", path, content=body, headers=headers))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> RawAnswer:
        """Get a document; raises :class:`TransportError` when no answer came."""
        return self._exchange(self._client.build_request("GET", path, headers=headers))

    def use_token(self, token: str) -> None:
        """Go on as the holder of another token."""
        self._client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the kept-alive connection."""
        self._client.close()

    def _exchange(self, request: httpx.Request) -> RawAnswer:
        give_up_at = time.monotonic() + _ANSWER_LIMIT_S
        body = bytearray()
        try:
            response = self._client.send(request, stream=True)
            try:
                for chunk in response.iter_bytes():
                    body += chunk
                    # A server that drips a byte now and then would never run into the read timeout.
                    if len(body) > _ANSWER_LIMIT_BYTES or time.monotonic() > give_up_at:
                        raise TransportError(f"answer longer than {_ANSWER_LIMIT_BYTES} B or {_ANSWER_LIMIT_S:g} s")
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise TransportError(f"{type(error).__name__}: {error}") from error
        return RawAnswer(response.status_code, dict(response.headers), bytes(body))
