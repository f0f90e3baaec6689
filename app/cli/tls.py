"""``hydrofleet tls``: the farm's own certificates."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.options import say
from app.settings import load_settings
from app.tls.certificates import ends_at, fingerprint, names_in
from app.tls.folder import CertificateFolder

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where they lie; tls/ in the data folder without.",
)


@click.group()
def command() -> None:
    """Make and renew the farm's own certificates, so that Pis and people talk to the server in secret."""


@command.command()
@click.argument("names", nargs=-1)
@click.option("--farm", default="hydrofleet", show_default=True, help="What the authority is called.")
@_FOLDER
def init(names: tuple[str, ...], farm: str, folder: Path | None) -> None:
    """Make an authority, and a certificate for the NAMES and addresses of this server.

    Without NAMES it is for this machine's name, that name with .local, localhost and the loopback addresses.
    """
    certificates = _folder(folder)
    wanted = names or _own_names()
    certificates.init(farm, wanted, now=datetime.now(UTC))
    say(f"made for {', '.join(wanted)} in {certificates.path}")
    say(f"give ca.pem to every Pi (keys enrollment create --ca) and phone; keep ca.key here: {certificates.ca_key}")
    click.echo(fingerprint(certificates.ca.read_bytes()))


@command.command()
@click.argument("names", nargs=-1)
@_FOLDER
def renew(names: tuple[str, ...], folder: Path | None) -> None:
    """Make a new server certificate under the same authority, for the same names or for NAMES. Reload nginx then."""
    certificates = _folder(folder)
    wanted = certificates.renew(names, now=datetime.now(UTC))
    click.echo(f"renewed for {', '.join(wanted)}, until {ends_at(certificates.server.read_bytes()):%Y-%m-%d}")


@command.command()
@_FOLDER
def show(folder: Path | None) -> None:
    """Say what the certificates are for and when they end."""
    certificates = _folder(folder)
    for path in (certificates.ca, certificates.server):
        if not path.exists():
            click.echo(f"{path}: none yet; make it with: hydrofleet tls init")
            continue
        content = path.read_bytes()
        names = f" for {', '.join(names_in(content))}" if path == certificates.server else ""
        click.echo(f"{path}{names}, until {ends_at(content):%Y-%m-%d}, SHA-256 {fingerprint(content)}")


def _folder(given: Path | None) -> CertificateFolder:
    return CertificateFolder(given or load_settings().data_dir / "tls")


def _own_names() -> tuple[str, ...]:
    host = socket.gethostname().split(".")[0].lower()
    return tuple(dict.fromkeys((host, f"{host}.local", "localhost", "127.0.0.1", "::1")))
