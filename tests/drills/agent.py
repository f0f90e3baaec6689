"""The agent of one Pi as a process of its own, on a folder that is its card, and what it says it has kept."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from sqlalchemy import Engine, text

from pi_reader.clock import Clock, Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.roots import Roots
from pi_reader.sample import Sample
from tests.drills.frame import Figure, at_least, none
from tests.drills.ledger import make
from tests.drills.server import ROOT

STATE = "/var/lib/hydrofleet"
#: A Pi has what requirements-pi.txt lists; what else is installed here, libraries would load, and use memory for.
_ON_A_PI = (
    "import sys; sys.modules.update(dict.fromkeys(('brotli', 'pygments', 'rich', 'tornado')));"
    "from pi_reader.cli import main; sys.exit(main())"
)
_STOP_WITHIN_S = 30.0
_KEPT = re.compile(
    r"reading StoredReading\(seq=(\d+), stream='(\w+)', ts_ms=(\w+), clock=('\w+'|None), "
    r"ph_mv=(\S+), ec_mv=(\S+), water_c=(\S+), reasons=(\{.*\})\)"
)
_STORED = text(
    "SELECT r.seq, s.name AS stream, (extract(epoch FROM r.ts) * 1000)::bigint AS ts_ms, "
    "r.ph_mv::float8 AS ph_mv, r.ec_mv::float8 AS ec_mv, r.water_c, r.quality, r.tests "
    "FROM readings r JOIN devices d ON d.id = r.device_id "
    "LEFT JOIN streams s ON s.device_id = r.device_id AND s.number = r.stream WHERE d.name = :name ORDER BY r.ts"
)
# Millivolts are stored in 32 bits.
_CLOSE = 1e-6

Key = tuple[str, int]


class VirtualClock(Clock):
    """A Pi's clocks, set by whoever holds it."""

    def __init__(self, boot_id: str, *, boot_ms: int, wall_ms: int, trust: Trust | None = Trust.SYNCED) -> None:
        super().__init__(trusted=True)
        self.boot_id, self.boot_ms, self.wall_ms, self.trust = boot_id, boot_ms, wall_ms, trust

    def now(self) -> Stamp:
        """Give the moment as it is set."""
        return Stamp(self.boot_id, self.boot_ms, self.wall_ms, self.trust)

    def own_ms(self) -> int:
        """Give the wall clock as it is set, right or wrong."""
        return self.wall_ms

    def advance(self, ms: int) -> None:
        """Let both clocks run."""
        self.boot_ms += ms
        self.wall_ms += ms


class AgentProcess:
    """``hydrofleet-pi run``, started on a card; what it keeps is read from its log."""

    def __init__(self, card: Path, command: Sequence[str] = (), environment: dict[str, str] | None = None) -> None:
        self.log = card.parent / f"{card.name}.log"
        run = list(command) or [sys.executable, "-c", _ON_A_PI, "--verbose", "run", "--root", str(card)]
        with self.log.open("ab") as log:
            pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self.process = subprocess.Popen(run, cwd=ROOT, env=environment, **pipes)

    def memory_mib(self) -> float:
        """Give its resident memory, 0 once it has ended."""
        try:
            return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20
        except psutil.Error:
            return 0.0

    def send(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it, as systemd does or without warning."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kept(self) -> list[StoredReading]:
        """Give every reading that it said it has on disk, over all its starts on this card."""
        return list(_read_log(self.log))


@contextmanager
def agent_on(card: Path) -> Iterator[AgentProcess]:
    """Run the agent of a card while the context lasts."""
    agent = AgentProcess(card)
    try:
        yield agent
    finally:
        agent.end()


def _read_log(log: Path) -> Iterator[StoredReading]:
    for found in _KEPT.finditer(log.read_text("utf-8", "replace")):
        seq, stream, ts_ms, clock, *values, reasons = found.groups()
        ph_mv, ec_mv, water_c = (None if value == "None" else float(value) for value in values)
        said = dict(re.findall(r"'([a-z_]+)': (?:<Reason\.\w+: )?'([a-z-]+)'", reasons))
        at_ms = None if ts_ms == "None" else int(ts_ms)
        yield StoredReading(int(seq), stream, at_ms, clock.strip("'"), ph_mv, ec_mv, water_c, said)


def write_card(
    card: Path, url: str, *, token: str | None, interval_s: float, enrollment_key: str | None = None, seed: int = 5
) -> Roots:
    """Lay out a Pi's card: one with a token, or one that has to join first."""
    roots = Roots(card)
    for path in ("/boot/firmware", "/etc/hydrofleet", STATE):
        roots.at(path).mkdir(parents=True)
    for path, content in (("/etc/hostname", "raspberrypi\n"), ("/etc/hosts", "127.0.0.1\tlocalhost\n")):
        roots.at(path).write_text(content)
    lines = ["trust_clock = true", f"interval_s = {interval_s}", "keep_interval = true"]
    if token is None:
        roots.boot_file.write_text(f'server_url = "{url}"\nenrollment_key = "{enrollment_key}"\n')
    else:
        lines.append(f'server_url = "{url}"')
        roots.at(f"{STATE}/token").write_text(f"{token}\n")
        roots.at(f"{STATE}/token").chmod(0o600)
    lines += ["[probes]", 'bus = "simulated"', f"seed = {seed}"]
    roots.at("/etc/hydrofleet/pi.toml").write_text("\n".join(lines) + "\n")
    roots.device_tree_serial.parent.mkdir(parents=True)
    roots.device_tree_serial.write_bytes(f"1000000000{seed:06x}\0".encode())
    return roots


def fill(outbox: Outbox, clock: VirtualClock, count: int, *, every_ms: int, number: int = 1) -> list[StoredReading]:
    """Take readings as a Pi does that nobody hears; the time between them does not pass."""
    kept = []
    for place in range(count):
        made = make("", number, place, start_ms=0)
        reading = outbox.append(Sample(made.ph_mv, made.ec_mv, made.water_c), clock.now())
        if reading is not None:
            kept.append(reading)
        clock.advance(every_ms)
    return kept


def stored_of(engine: Engine, name: str) -> list[Any]:
    """Give what the table holds of one Pi, in the order of time."""
    with engine.connect() as connection:
        return list(connection.execute(_STORED, {"name": name}).all())


def compare(made: Iterable[StoredReading], rows: Sequence[Any], *, least: int) -> dict[str, Figure]:
    """Compare what a Pi says it kept with the table, value by value."""
    by_key = {(one.stream, one.seq): one for one in made}
    stored = {(row.stream, row.seq): row for row in rows}
    both = by_key.keys() & stored.keys()
    return {
        "kept": at_least(len(by_key), least),
        "lost": none(len(by_key.keys() - stored.keys())),
        "duplicated": none(len(rows) - len(stored)),
        "altered": none(sum(not _same(by_key[key], stored[key]) for key in both)),
    }


def _same(made: StoredReading, row: Any) -> bool:
    dated = made.ts_ms is None or made.ts_ms == row.ts_ms
    return dated and all(_close(getattr(made, name), getattr(row, name)) for name in ("ph_mv", "ec_mv", "water_c"))


def _close(sent: float | None, kept: float | None) -> bool:
    if sent is None or kept is None:
        return sent is kept
    return abs(sent - kept) <= _CLOSE * abs(sent) + 1e-9
