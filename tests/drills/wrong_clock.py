"""R11: Pis whose clock says 1970, a fortnight ago, in ten years, 2038, or goes back by an hour while they read.

A Pi has no battery: for hours it reads without knowing the time, then a time server, or hydrofleet itself, tells it.
No reading is lost, none lies in the future or before 2020, and all of that boot are within 2 s of the truth. A clock
that is wrong is shown as suspect within a minute of the first post, and no longer once it is right.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from pi_reader.clock import Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.transport import Transport, tls_trust
from pi_reader.uplink import Uplink, UplinkParts
from tests.drills.agent import VirtualClock, fill, stored_of
from tests.drills.farm import Farm, Member, farm
from tests.drills.frame import Figures, at_least, at_most, none
from tests.drills.pis import wait_for

NAME = "R11"
_HOUR_MS = 3_600_000
# Not a multiple of the interval, as no step of a real clock is: of two readings of one millisecond the first is kept.
_STEP_BACK_MS = _HOUR_MS - 417
_DAY_MS = 24 * _HOUR_MS
_UNSYNCED_MS = 6 * _HOUR_MS
_EVERY_MS = {False: 60_000, True: 10_000}
_YEAR_2038_MS, _YEAR_2020_MS = 2_147_483_647_000, 1_577_836_800_000
_AHEAD_MS = 300_000
_SHOWN_WITHIN_S = 60.0
_OUTBOX_ATTEMPTS = 200
_QUARANTINED = text("SELECT count(*) FROM quarantine")


class PiClock(VirtualClock):
    """A clock that is wrong until somebody tells the time."""

    def now(self) -> Stamp:
        """Give the moment; the server's time is believed where there is no other."""
        stamp = super().now()
        if self.trust is None and self._server_offset_ms is not None:
            return replace(stamp, wall_ms=self.boot_ms + self._server_offset_ms, trust=Trust.CORRECTED)
        return stamp


@dataclass(frozen=True)
class Story:
    """What a clock says at boot, in ms beside the truth or as it stands there, and whether NTP tells the time later."""

    name: str
    ahead_ms: int = 0
    says_ms: int | None = None
    has_ntp: bool = True
    steps_back: bool = False

    @property
    def learns_time(self) -> bool:
        """Tell whether the clock itself is right in the end."""
        return self.has_ntp or self.steps_back

    def clock(self, now_ms: int) -> PiClock:
        """Give the clock as it is at boot, if the truth is ``now_ms``."""
        wall_ms = now_ms + self.ahead_ms if self.says_ms is None else self.says_ms
        trust = Trust.SYNCED if self.steps_back else None
        return PiClock("boot00000001", boot_ms=20_000, wall_ms=wall_ms, trust=trust)


STORIES = (
    Story("boot_at_1970", says_ms=30_000),
    Story("boot_at_1970_without_ntp", says_ms=30_000, has_ntp=False),
    Story("a_fortnight_behind", ahead_ms=-14 * _DAY_MS),
    Story("ten_years_ahead", ahead_ms=3650 * _DAY_MS),
    Story("leap_to_2038", says_ms=_YEAR_2038_MS),
    Story("back_by_an_hour", ahead_ms=_STEP_BACK_MS, steps_back=True),
)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Let every clock be wrong in its own way, one Pi each, and compare with the truth."""
    figures: Figures = {}
    with farm(folder, pis=len(STORIES)) as on:
        lost, impossible, undelivered, total, misjudged = 0, 0, 0, 0, 0
        for story, member in zip(STORIES, on.pis, strict=True):
            kept, truth, left = _live(on, member, story, _EVERY_MS[full])
            rows = {(row.stream, row.seq): row for row in stored_of(on.engine, member.name)}
            lost += sum((one.stream, one.seq) not in rows for one in kept)
            impossible += sum(not _is_possible(row) for row in rows.values())
            undelivered, total = undelivered + left, total + len(kept)
            misjudged += _is_shown_suspect(on, member) is story.learns_time
            if not story.steps_back:
                off_ms = max(abs(rows[one.stream, one.seq].ts_ms - truth[one.seq]) for one in kept)
                figures = {**figures, f"{story.name}_off_by_s": at_most(off_ms / 1000, 2)}
        with on.engine.connect() as connection:
            lost -= int(connection.execute(_QUARANTINED).scalar_one())
        shown_s = [_shown_after(on, member, story) for story, member in zip(STORIES, on.pis, strict=True)]
    return {
        "kept": at_least(total, len(STORIES) * _UNSYNCED_MS // _EVERY_MS[full]),
        "neither_stored_nor_in_quarantine": none(lost),
        "left_in_the_outbox": none(undelivered),
        "stored_in_the_future_or_before_2020": none(impossible),
        "shown_suspect_though_right_or_right_though_suspect": none(misjudged),
        "clock_shown_suspect_after_s": at_most(max(shown_s), _SHOWN_WITHIN_S),
        **figures,
    }


def _live(on: Farm, member: Member, story: Story, every_ms: int) -> tuple[list[StoredReading], dict[int, int], int]:
    """Read for six hours by a wrong clock, learn the time, deliver; give readings, their true times, what is left."""
    start_ms = round(time.time() * 1000) - _UNSYNCED_MS
    clock = story.clock(start_ms)
    outbox = Outbox(on.folder / f"{member.name}.db", reserve_bytes=0)
    count = _UNSYNCED_MS // every_ms
    before = fill(outbox, clock, count // 2, every_ms=every_ms)
    if story.steps_back:
        clock.wall_ms -= _STEP_BACK_MS
    after = fill(outbox, clock, count - count // 2, every_ms=every_ms)
    if story.learns_time and not story.steps_back:
        clock.wall_ms, clock.trust = start_ms + count * every_ms, Trust.SYNCED
    _deliver(on, member, outbox, clock)
    kept, left = [*before, *after], len(outbox)
    outbox.close()
    return kept, {one.seq: start_ms + place * every_ms for place, one in enumerate(kept)}, left


def _shown_after(on: Farm, member: Member, story: Story) -> float:
    """Start a Pi with a wrong clock, and give the seconds from its start until it is shown."""
    began = time.monotonic()
    clock = story.clock(round(time.time() * 1000))
    outbox = Outbox(on.folder / f"{member.name}-again.db", reserve_bytes=0)
    fill(outbox, clock, 1, every_ms=0)
    _deliver(on, member, outbox, clock)
    outbox.close()
    wait_for(lambda: _is_shown_suspect(on, member), within_s=2 * _SHOWN_WITHIN_S, what="the clock is shown as suspect")
    return time.monotonic() - began


def _is_shown_suspect(on: Farm, member: Member) -> bool:
    answer = httpx.get(f"{on.server.url}/api/v1/devices/{member.name}", headers=on.reader, timeout=30)
    return bool(answer.raise_for_status().json()["clock_suspect"])


def _deliver(on: Farm, member: Member, outbox: Outbox, clock: VirtualClock) -> None:
    transport = Transport(on.server.url, member.token, tls_trust(on.server.url, None))
    parts = UplinkParts(outbox, clock, transport)
    uplink = Uplink(parts, interval_s=lambda: 10.0, apply_config=lambda config: None)
    for _ in range(_OUTBOX_ATTEMPTS):
        if not len(outbox):
            break
        time.sleep(min(uplink.attempt(), 2.0))
    transport.close()


def _is_possible(row: Any) -> bool:
    return bool(_YEAR_2020_MS <= row.ts_ms <= time.time() * 1000 + _AHEAD_MS)
