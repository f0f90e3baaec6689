"""From an address to a fleet."""

from pathlib import Path

from models.errors import NotConnected
from models.frames.fleet import Fleet
from models.surroundings import analyst_address


def open_fleet(address: str | Path | None, *, token: str | None, ca_file: str | Path | None) -> Fleet:
    """Open what :func:`models.connect` describes.

    Raises
    ------
    NotConnected
        If there is nothing to be read at the address.
    """
    where = analyst_address() if address is None else str(address)
    if where.startswith(("http://", "https://")):
        return _over_http(where, token, ca_file)
    # Who reads over HTTP needs neither SQLAlchemy nor a PostgreSQL driver.
    from models.frames.database import embedded_source, postgresql_source

    if where.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        return Fleet(postgresql_source(where))
    return Fleet(embedded_source(Path(where)))


def _over_http(url: str, token: str | None, ca_file: str | Path | None) -> Fleet:
    if not token:
        raise NotConnected(
            f"{url} answers to a read token only: models.connect({url!r}, token='hfr_…'); "
            "make one with: hydrofleet keys read create"
        )
    from models.frames.server import server_source

    return Fleet(server_source(url, token, ca_file))
