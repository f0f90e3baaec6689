"""The farm's own certificates, believed by OpenSSL, by a Pi whose clock stands at 1970, and by nobody else."""

import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from socket import create_server
from threading import Thread

import pytest
from click.testing import Result

from app.tls.certificates import BadHostName, ends_at, names_in
from app.tls.folder import CertificateFolder, CertificatesExist, NoAuthority
from pi_reader.join_file import read_boot_file
from pi_reader.protocol import ENROLL_PATH
from pi_reader.transport import Transport, TransportError, tls_trust

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SECRET = "hfe_abcdefgh_" + "s" * 43


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "tls")
    made.init("North", ["farm.local", "127.0.0.1"], now=NOW)
    return made


@contextmanager
def tls_server(folder: CertificateFolder) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one answer over TLS; gives the address and what arrives after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.server, folder.server_key)
    heard: list[bytes] = []
    with create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                client, _ = listener.accept()
                with client, context.wrap_socket(client, server_side=True) as connection:
                    request = b""
                    while not request.endswith(b"{}"):
                        request += connection.recv(65536)
                    heard.append(request)
                    connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                return

        thread = Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join(10)


def post(url: str, ca_pem: str) -> int:
    transport = Transport(url, "hfd_abcdefgh_" + "t" * 43, tls_trust(url, None, ca_pem))
    try:
        return transport.post(ENROLL_PATH, b"{}", {"Authorization": f"Bearer {SECRET}"}).status
    finally:
        transport.close()


def test_a_pi_talks_to_the_server_whose_authority_it_was_given(folder: CertificateFolder):
    with tls_server(folder) as (url, heard):
        assert post(url, folder.ca.read_text()) == 401

    assert SECRET.encode() in heard[0]


def test_a_server_of_another_authority_hears_not_a_byte(folder: CertificateFolder, tmp_path: Path):
    rogue = CertificateFolder(tmp_path / "rogue")
    rogue.init("North", ["farm.local", "127.0.0.1"], now=NOW)

    with tls_server(rogue) as (url, heard), pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
        post(url, folder.ca.read_text())

    assert heard == []


@pytest.mark.skipif(which("openssl") is None, reason="there is no openssl command here")
@pytest.mark.parametrize("moment", ["1970-01-01T00:00:10", "2020-06-01T00:00:00", "2036-11-01T00:00:00"])
def test_openssl_believes_the_certificates_from_1970_until_ten_years_from_now(folder: CertificateFolder, moment: str):
    seconds = str(int(datetime.fromisoformat(f"{moment}+00:00").timestamp()))
    options = ["-attime", seconds, "-purpose", "sslserver", "-x509_strict", "-verify_hostname", "farm.local"]

    result = subprocess.run(
        ["openssl", "verify", *options, "-CAfile", folder.ca, folder.server],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout.split()[-1]) == (0, "OK"), result.stderr


def test_secrets_are_the_owners_alone(folder: CertificateFolder):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir()}

    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "server.pem": 0o644, "server.key": 0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_an_authority_is_never_replaced_by_mistake(folder: CertificateFolder):
    before = folder.ca.read_bytes()

    with pytest.raises(CertificatesExist, match="tls renew"):
        folder.init("North", ["farm.local"], now=NOW)

    assert folder.ca.read_bytes() == before


def test_a_renewed_certificate_is_for_the_same_names_under_the_same_authority(folder: CertificateFolder):
    authority, before = folder.ca.read_bytes(), folder.server.read_bytes()

    names = folder.renew([], now=NOW)

    assert names == ["farm.local", "127.0.0.1"]
    assert folder.server.read_bytes() != before
    assert (folder.ca.read_bytes(), ends_at(folder.server.read_bytes())) == (authority, ends_at(authority))
    with tls_server(folder) as (url, _):
        assert post(url, authority.decode()) == 401


@pytest.mark.parametrize(
    "name", ["", "farm local", "https://farm.local", "farm..local", "-farm", "ünten.local", "a" * 300]
)
def test_a_name_that_is_none_is_refused_and_the_old_certificate_stays(folder: CertificateFolder, name: str):
    before = folder.server.read_bytes()

    with pytest.raises(BadHostName):
        folder.renew([name], now=NOW)

    assert folder.server.read_bytes() == before


def test_there_is_nothing_to_renew_without_an_authority(tmp_path: Path):
    with pytest.raises(NoAuthority, match="tls init"):
        CertificateFolder(tmp_path).renew([], now=NOW)


def test_from_the_command_line_into_a_joining_file(hydrofleet: Callable[..., Result], tmp_path: Path):
    made = hydrofleet("tls", "init", "farm.local", "192.168.1.10", "--folder", str(tmp_path / "tls"))
    file = tmp_path / "hydrofleet.toml"
    hydrofleet(
        *("keys", "enrollment", "create", "--uses", "9", "--server-url", "https://farm.local"),
        *("--ca", str(tmp_path / "tls/ca.pem"), "--file", str(file)),
    )

    found = read_boot_file(file)
    assert found is not None
    assert (found.ca_pem or "").strip() == (tmp_path / "tls/ca.pem").read_text().strip()
    assert file.stat().st_size < 8192
    assert len(made.stdout.strip()) == 95
    assert names_in((tmp_path / "tls/server.pem").read_bytes()) == ["farm.local", "192.168.1.10"]
    assert "192.168.1.10" in hydrofleet("tls", "show", "--folder", str(tmp_path / "tls")).stdout
