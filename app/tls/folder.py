"""The folder of a farm's certificates: made once, renewed under the same authority, never overwritten by mistake."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.tls.certificates import KeyPair, make_authority, make_server_certificate, names_in
from models.errors import HydrofleetError


class CertificatesExist(HydrofleetError):
    """There is an authority already, which every Pi believes; it is not replaced."""


class NoAuthority(HydrofleetError):
    """There is no authority to renew a certificate under."""


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """``ca.pem`` goes to every Pi and phone, ``server.pem`` and ``server.key`` to nginx, ``ca.key`` nowhere."""

    path: Path

    @property
    def ca(self) -> Path:
        """The certificate of the authority."""
        return self.path / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """The secret of the authority: whoever has it can pretend to be the server."""
        return self.path / "ca.key"

    @property
    def server(self) -> Path:
        """The certificate of the server."""
        return self.path / "server.pem"

    @property
    def server_key(self) -> Path:
        """The secret of the server."""
        return self.path / "server.key"

    def init(self, farm: str, names: Sequence[str], *, now: datetime) -> None:
        """Make an authority and a server certificate.

        Raises
        ------
        CertificatesExist
            If there is an authority in this folder.
        BadHostName
            If no certificate can be made for a name; then nothing is written.
        """
        if self.ca.exists() or self.ca_key.exists():
            raise CertificatesExist(
                f"{self.path} holds an authority already, which Pis may believe in; for another server certificate"
                " under it: hydrofleet tls renew"
            )
        authority = make_authority(farm, now=now)
        server = make_server_certificate(authority, names, now=now)
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self.ca_key, authority.key, mode=0o600)
        _write(self.ca, authority.certificate, mode=0o644)
        self._write_server(server)

    def renew(self, names: Sequence[str], *, now: datetime) -> list[str]:
        """Make a new server certificate, for the same names if none are given; Pis notice nothing. Gives the names.

        Raises
        ------
        NoAuthority
            If there is none in this folder.
        BadHostName
            If no certificate can be made for a name; then the old one stays.
        """
        if not self.ca.exists() or not self.ca_key.exists():
            raise NoAuthority(f"{self.path} holds no authority; make one with: hydrofleet tls init")
        wanted = list(names) or names_in(self.server.read_bytes())
        authority = KeyPair(self.ca.read_bytes(), self.ca_key.read_bytes())
        self._write_server(make_server_certificate(authority, wanted, now=now))
        return wanted

    def _write_server(self, pair: KeyPair) -> None:
        _write(self.server_key, pair.key, mode=0o600)
        _write(self.server, pair.certificate, mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file in one step that a power cut cannot halve."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
