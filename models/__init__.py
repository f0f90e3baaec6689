"""Tables and every line of SQL; and the front door for analysts: ``import models; fleet = models.connect()``."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.frames.fleet import Fleet

__all__ = ["connect"]


def connect(
    address: str | Path | None = None, *, token: str | None = None, ca_file: str | Path | None = None
) -> "Fleet":
    """Open a fleet for reading; its frames are described in docs/notebooks.md.

    ``address`` is a server (``"https://farm.local"``, with a read token and perhaps the authority of its certificate),
    a database (``"postgresql://…"``), or the data directory of an embedded one. Without it the database of this machine
    is opened: that of ``HYDROFLEET_READER_DATABASE_URL`` or ``HYDROFLEET_DATABASE_URL``, else the embedded one.

    Raises
    ------
    models.errors.NotConnected
        If there is nothing to be read at the address.
    """
    # Pages and tools that want one table of ours need not wait for pandas.
    from models.frames.connecting import open_fleet

    return open_fleet(address, token=token, ca_file=ca_file)
