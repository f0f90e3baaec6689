"""The last configuration that could be used, kept beside the readings: a damaged file is no reason to stop reading.

A card that loses a block may lose the configuration, and a slip of the editor may spoil it. Either way the agent goes
on by the last good one, and says so wherever it says anything; ``selftest`` and ``read`` show the fault itself.
"""

import contextlib
import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path

from pi_reader.config import AgentConfig, load_agent_config
from pi_reader.roots import Roots
from pi_reader.small_file import NotASmallFile, read_small_file
from pi_reader.toml_table import ConfigError

log = logging.getLogger(__name__)

#: In the usual state directory, whatever directory the configuration names: a damaged one names none.
KEPT = "/var/lib/hydrofleet/last-good.toml"
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration; ``fault`` says what is wrong with the file if it is the last good one, else it is empty."""

    config: AgentConfig
    fault: str = ""


def load_or_last_good(file: Path, roots: Roots) -> Loaded:
    """Read the configuration, and keep it; if it cannot be used, read the one that was kept.

    Raises
    ------
    ConfigError
        With the fault of ``file``, if none was kept that can be used.
    """
    content = _content(file)
    try:
        config = load_agent_config(file, roots=roots)
    except ConfigError as error:
        return _last_good(error, roots)
    if content is not None and content == _content(file):
        _keep(content, roots.at(Path(KEPT)))
    return Loaded(config)


def _last_good(error: ConfigError, roots: Roots) -> Loaded:
    kept = roots.at(Path(KEPT))
    try:
        config = load_agent_config(kept, roots=roots)
    except ConfigError:
        raise error from None
    log.error("%s; going on by the last good configuration, %s", error, kept)
    return Loaded(replace(config, is_last_good=True), str(error))


def _content(file: Path) -> bytes | None:
    try:
        return read_small_file(file, _MOST_BYTES)
    except NotASmallFile:
        return None


def _keep(content: bytes, kept: Path) -> None:
    """Write it down once; a full card keeps the older one."""
    if _content(kept) == content:
        return
    temporary = kept.with_suffix(".new")
    with contextlib.suppress(OSError):
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(kept)
