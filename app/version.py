"""Which hydrofleet this is."""

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"


@cache
def program_version() -> str:
    """Give the version of the program, such as ``1.0.0``."""
    try:
        return metadata.version("hydrofleet")
    except metadata.PackageNotFoundError:  # it runs from its folder, which says the version as well
        return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
