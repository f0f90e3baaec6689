"""Whom the agent believes: TLS with a pinned CA, no redirects, bounded answers."""

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pi_reader.transport import Transport, TransportError, tls_trust

TOKEN = "hfd_0a1b2c3d_" + "x" * 43
OPENSSL_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[ca]
basicConstraints = critical, CA:TRUE
[server]
subjectAltName = IP:127.0.0.1
"""


def certificate(folder: Path, *, extension: str, signer: Path | None = None) -> Path:
    """Make a key and a certificate in one PEM file; signed by itself or by ``signer``."""
    config, pem = folder / f"{extension}.cnf", folder / f"{extension}.pem"
    config.write_text(OPENSSL_CONFIG.format(common_name=f"hydrofleet test {extension}"))
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "30",
    ]
    command += ["-config", str(config), "-extensions", extension, "-keyout", str(pem), "-out", f"{pem}.crt"]
    if signer is not None:
        command += ["-CA", f"{signer}.crt", "-CAkey", str(signer)]
    subprocess.run(command, check=True, capture_output=True)
    return pem


class TlsServer:
    """An HTTPS server on loopback that keeps every byte of what clients tell it."""

    def __init__(self, pem: Path) -> None:
        self.heard: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                server.heard.append(str(self.headers))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{pem}.crt", str(pem))
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"https://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def farm(tmp_path: Path):
    ca = certificate(tmp_path, extension="ca")
    server = TlsServer(certificate(tmp_path, extension="server", signer=ca))
    yield server, Path(f"{ca}.crt")
    server.close()


def test_server_of_the_pinned_ca_is_believed(farm) -> None:
    server, ca = farm
    transport = Transport(server.url, TOKEN, tls_trust(server.url, ca))

    assert transport.get("/x").body == b"ok"
    assert f"Bearer {TOKEN}" in server.heard[0]
    transport.close()


def test_rogue_server_hears_nothing(farm, tmp_path: Path) -> None:
    server, _ = farm
    (tmp_path / "other").mkdir()
    other_ca = Path(f"{certificate(tmp_path / 'other', extension='ca')}.crt")
    transport = Transport(server.url, TOKEN, tls_trust(server.url, other_ca))

    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
        transport.get("/x")

    assert server.heard == []
    transport.close()


def test_own_ca_is_not_believed_unless_it_is_pinned(farm) -> None:
    server, _ = farm
    transport = Transport(server.url, TOKEN, tls_trust(server.url, None))

    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
        transport.get("/x")

    transport.close()


def test_answer_without_an_end_is_cut_off(server) -> None:
    server.script.append(server.answer(body=b" " * 2_000_000))
    transport = Transport(server.url, TOKEN, tls_trust(server.url, None))

    with pytest.raises(TransportError, match="answer longer than 1048576 B"):
        transport.post("/api/v1/readings", b'{"readings":[]}', {"Content-Type": "application/json"})

    transport.close()
