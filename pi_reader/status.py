"""What an outbox holds, read beside a running agent without disturbing it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pi_reader.agent_report import TankReport
from pi_reader.board import read_memory
from pi_reader.identity import TokenError, read_token, token_id
from pi_reader.keyring import MEMORY_NAME, Keyring
from pi_reader.sample import Channel, Sample
from pi_reader.timeline import rfc3339


def running_status(pid: int | None, tanks: Sequence[TankReport]) -> str:
    """Return a few lines for a person: whether the agent runs, what it saw last, and what troubles it."""
    if pid is None:
        return "agent     not running: sudo systemctl start hydrofleet-pi"
    lines = [f"agent     running, process {pid}"]
    for tank in tanks:
        seen = "nothing yet" if tank.sample is None else f"{_seen(tank.sample)}, {tank.age_s or 0:.0f} s ago"
        missed = f", {tank.missed} missed" if tank.missed else ""
        lines.append(f"seen      {tank.name + ': ' if len(tanks) > 1 else ''}{seen}{missed}")
        if tank.trouble:
            lines.append(f"trouble   {tank.trouble}")
    return "\n".join(lines)


def _seen(sample: Sample) -> str:
    shown = []
    for channel in Channel:
        value = getattr(sample, channel.value)
        shown.append(
            f"{channel.value} {sample.reasons.get(channel, 'none') if value is None else format(value, '.1f')}"
        )
    return ", ".join(shown)


def membership_status(token_file: Path) -> str:
    """Return a line for a person: which Pi this is, and whether the server knows it."""
    try:
        token = read_token(token_file)
    except TokenError:
        return "member    not yet: there is no token; it is made when there is an enrollment key"
    memory = read_memory(token_file.with_name(MEMORY_NAME))
    if memory is None:
        return f"member    with {token_id(token)}, put here by hand"
    keyring = Keyring(token_file, memory)
    state = "not joined yet" if keyring.has_to_join else keyring.name or "joined"
    return f"member    {state}, with {token_id(token)}, board {memory.board.serial}"


def outbox_status(file: Path) -> str:
    """Return a few lines for a person; says so when there is no outbox or it cannot be read."""
    if not file.exists():
        return f"no outbox at {file}: the agent has not run yet"
    try:
        return _describe(file)
    except sqlite3.Error as error:
        return f"outbox at {file} cannot be read now ({error}); a running agent mends or replaces it by itself"


def _describe(file: Path) -> str:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        waiting, oldest, newest = connection.execute("SELECT count(*), min(ts_ms), max(ts_ms) FROM reading").fetchone()
        undated = connection.execute("SELECT count(*) FROM reading WHERE ts_ms IS NULL").fetchone()[0]
        letters = connection.execute("SELECT code, count(*) FROM dead_letter GROUP BY code ORDER BY code").fetchall()
    lines = [
        f"outbox    {file}",
        f"stream    {meta.get('stream', '')}",
        f"waiting   {waiting} readings" + (f", {undated} of them without a time" if undated else ""),
        f"from, to  {rfc3339(oldest)}, {rfc3339(newest)}" if oldest is not None else "from, to  -",
        f"dropped   {meta.get('dropped', 0)}",
        f"delivered {rfc3339(int(meta['delivered_ms'])) if 'delivered_ms' in meta else 'never'}",
    ]
    return "\n".join(lines + [f"put aside {count} refused with: {code}" for code, count in letters])
