"""What the machine says about where data lies, for those who come without settings: notebooks and scripts."""

import os
from pathlib import Path

#: In the order in which they are asked; the first one names the role that may read and nothing else.
ADDRESS_VARIABLES = ("HYDROFLEET_READER_DATABASE_URL", "HYDROFLEET_DATABASE_URL", "HYDROFLEET_DATA_DIR")


def analyst_address() -> str:
    """Give the address or the data directory that is set, or the usual data directory of a server."""
    given = (os.environ.get(name) for name in ADDRESS_VARIABLES)
    return next(filter(None, given), None) or str(default_data_dir("server"))


def choose_data_dir(given: Path | None) -> str | None:
    """Let this process, and those it starts, find a fleet here; gives where, or None if there is none.

    That is the folder given, else what is set already, else the server's own folder, else the demo's.
    """
    usual = [one for one in map(default_data_dir, ("server", "demo")) if one.is_dir()]
    if given is not None or (usual and not any(map(os.environ.get, ADDRESS_VARIABLES))):
        os.environ["HYDROFLEET_DATA_DIR"] = str(given or usual[0])
    return analyst_address() if any(map(os.environ.get, ADDRESS_VARIABLES)) else None


def default_data_dir(name: str) -> Path:
    """Give the folder of a data directory called ``name``: the system's for root, else the user's."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # PostgreSQL refuses to run as root and cannot enter /root as anybody else.
        return Path("/var/lib/hydrofleet") / name
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "hydrofleet" / name
