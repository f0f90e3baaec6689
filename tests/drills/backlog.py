"""R5: many Pis come back after days without the server, while somebody looks at pages.

The real agents deliver what their outboxes hold, filled on a virtual clock. Nothing is lost, and the pages stay
as quick as they were, by half again or a second.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from pi_reader.outbox import Outbox
from tests.drills.agent import VirtualClock, fill
from tests.drills.exactly_once import running, write_config
from tests.drills.farm import farm
from tests.drills.frame import Figures, at_least, at_most, none, speed, told
from tests.drills.visitor import Visitor, visiting

NAME = "R5"
_PIS = 99
_HOURS = {False: 6, True: 168}
_EVERY_MS = 10_000
_IDLE_S = 4.0
_DRAINED_WITHIN_S = 1800.0
_GIVE_UP_S = {False: 400.0, True: 7200.0}
_SLOWER, _OR_S = 1.5, 1.0
_STORED = text("SELECT count(*) AS rows, count(DISTINCT (device_id, stream, seq)) AS readings FROM readings")


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Fill the outboxes, look at pages while nothing happens, then let the fleet deliver."""
    pis, count = _PIS, _HOURS[full] * 3_600_000 // _EVERY_MS
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="hydrofleet-drill-", dir=memory) as disk, farm(folder, pis=pis) as on:
        tokens = {member.name: member.token for member in on.pis}
        # They read once an hour: what is delivered is what they had.
        config = write_config(Path(disk) / "fleet.toml", on.server.url, tokens, 3600)
        _fill_all(Path(disk) / "agents", list(tokens), count)
        with visiting(on) as idle:
            time.sleep(_IDLE_S)
        command = [sys.executable, "-m", "pi_reader", "fleet", "--config", str(config)]
        with visiting(on) as visitor, running(command):
            drained_s = _until_stored(on.engine, pis * count, _GIVE_UP_S[full])
        rows, readings = _stored(on.engine)
    before_s, meanwhile_s = _p95(idle), _p95(visitor)
    return {
        "kept": at_least(pis * count, 1),
        "lost": none(max(0, pis * count - readings)),
        "duplicated": none(rows - readings),
        "drained_after_s": speed(drained_s, _DRAINED_WITHIN_S, full=full),
        "readings_per_s": told(pis * count / drained_s),
        "pages_idle_p95_s": told(before_s),
        "pages_meanwhile_p95_s": at_most(meanwhile_s, max(_OR_S, _SLOWER * before_s)),
        "pages_failed": none(sum(one.status != 200 for one in visitor.attempts)),
    }


def _fill_all(folder: Path, names: list[str], count: int) -> None:
    folder.mkdir()
    began = round((datetime.now(UTC) - timedelta(milliseconds=_EVERY_MS * (count + 1))).timestamp() * 1000)
    for number, name in enumerate(names, start=1):
        outbox = Outbox(folder / f"{name}.db", reserve_bytes=0)
        clock = VirtualClock("boot00000001", boot_ms=60_000, wall_ms=began)
        fill(outbox, clock, count, every_ms=_EVERY_MS, number=number)
        outbox.close()


def _until_stored(engine: Engine, wanted: int, give_up_s: float) -> float:
    began = time.monotonic()
    while _stored(engine)[1] < wanted:
        if time.monotonic() - began > give_up_s:
            return float("nan")
        time.sleep(0.5)
    return time.monotonic() - began


def _stored(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        row = connection.execute(_STORED).one()
    return int(row.rows), int(row.readings)


def _p95(visitor: Visitor) -> float:
    took = sorted(one.took_s for one in visitor.attempts)
    return took[int(len(took) * 0.95)] if took else float("nan")
