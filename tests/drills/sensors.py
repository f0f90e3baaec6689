"""R22: every way in which a probe fails: unplugged, 85.0, -127, damaged, rail, NaN, stuck at a value, a stuck bus.

The drivers are real, the chips are not. While a fault lasts, its channels are stored without a value and with the flag
for "missing", the others with theirs; the loop never stops, and misses at most one interval. A probe that gives the
same value for ever is read and stored like any other, and the server flags it as a flat line after half an hour; by the
clock of this Pi two minutes pass between two looks, so that this takes seconds.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import text

from analytics.flags import Flag, Test, unpack_flags, unpack_tests, usable
from pi_reader.config import DeliverySettings
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.probes.ads1115 import Ads1115
from pi_reader.probes.ds18b20 import Ds18b20
from pi_reader.probes.rig import Rig
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.sample import Sample
from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus
from pi_reader.simulated.w1 import W1Tree
from pi_reader.transport import Transport, tls_trust
from tests.drills.agent import VirtualClock, compare, stored_of
from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_least, at_most, none, told
from tests.drills.pis import wait_for

NAME = "R22"
_SENSOR = "000000000001"
_INTERVAL_S = {False: 0.05, True: 0.3}
#: How fast the time passes after which the driver gives a hanging chip up: two seconds for each of two channels.
_HASTE = {False: 5.0, True: 1.0}
_SLOW_INTERVAL_S = {size: 5.0 / haste for size, haste in _HASTE.items()}
_READINGS_A_FAULT = {False: 3, True: 30}
_TURN_MS, _AGO_MS = 120_000, 2 * 86_400_000
# Half an hour, and as many readings again that have to be flagged.
_FLAT_AFTER, _STUCK_READINGS = 1_800_000 // _TURN_MS, 3_600_000 // _TURN_MS
_WOBBLE_V = 0.001
_UNSERVED = text("SELECT count(*) FROM dirty_hours")
_WATER, _ADC = frozenset({"water_c"}), frozenset({"ph_mv", "ec_mv"})
_REST_OF_A_FAULT_S = 60.0


class Probes:
    """The chips of one Pi, whose boards are never quite at rest, and what is wrong with them."""

    def __init__(self, folder: Path, clock: VirtualClock, *, haste: float) -> None:
        self._clock, self._looks = clock, 0
        self.tree = W1Tree(folder / "w1")
        self.volts, self.stuck = 1.5, False
        self.chip = SimulatedAds1115(lambda pin: self.volts + self._looks % 7 * _WOBBLE_V + pin / 10, time_scale=0.0)
        self.bus = SimulatedI2CBus({0x48: self.chip})
        thermometer = Ds18b20(_SENSOR, devices=self.tree.root, retry_pause_s=0.01)
        settings = AdcSettings(data_rate=860, samples=5)
        adc = Ads1115(self.bus, settings, monotonic=lambda: time.monotonic() * haste)
        self._rig = Rig(thermometer, adc, Wiring(), sleep=lambda _: None)
        self.spoil: Callable[[Sample], Sample] = lambda sample: sample
        self.mend()

    def mend(self) -> None:
        """Make everything right again."""
        self.tree.put(_SENSOR, 21.5)
        self.volts, self.stuck = 1.5, False
        self.chip.hung, self.bus.held, self.bus.chips = False, False, {0x48: self.chip}
        self.spoil = lambda sample: sample

    def read(self) -> Sample:
        """Look at the probes; the next look is two minutes later."""
        self._clock.advance(_TURN_MS)
        self._looks += not self.stuck
        return self.spoil(self._rig.read())


@dataclass(frozen=True)
class Fault:
    """A fault, and the channels it takes away."""

    name: str
    begin: Callable[[Probes], None]
    missing: frozenset[str]
    is_slow: bool = False
    least: int = 0


def _rail(probes: Probes) -> None:
    probes.volts = 3.3


def _stick(probes: Probes) -> None:
    probes.stuck = True


def _hang(probes: Probes) -> None:
    probes.chip.hung = True


def _hold(probes: Probes) -> None:
    probes.bus.held = True


def _not_a_number(probes: Probes) -> None:
    probes.spoil = lambda sample: replace(sample, ph_mv=math.nan, water_c=math.inf)


def _break(probes: Probes) -> None:
    def fail(_: Sample) -> Sample:
        raise RuntimeError("a fault in the driver")

    probes.spoil = fail


STUCK = Fault("stuck", _stick, frozenset(), least=_STUCK_READINGS)
FAULTS = (
    Fault("nothing", lambda probes: None, frozenset()),
    Fault("unplugged", lambda probes: probes.tree.remove(_SENSOR), _WATER),
    Fault("power_on_value_85", lambda probes: probes.tree.put_power_on_value(_SENSOR), _WATER),
    Fault("minus_127", lambda probes: probes.tree.put(_SENSOR, -127.0), _WATER),
    Fault("damaged_answer", lambda probes: probes.tree.put_damaged(_SENSOR, 21.5), _WATER),
    Fault("no_converter", lambda probes: probes.bus.chips.clear(), _ADC),
    Fault("rail", _rail, _ADC),
    Fault("not_a_number", _not_a_number, frozenset({"ph_mv", "water_c"})),
    Fault("driver_breaks", _break, _WATER | _ADC),
    STUCK,
    Fault("conversion_hangs", _hang, _ADC, is_slow=True),
    Fault("bus_is_held", _hold, _ADC, is_slow=True),
    Fault("mended", lambda probes: None, frozenset()),
)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Break the probes in every way, and compare what is stored."""
    with farm(folder, pis=1) as on:
        clock = VirtualClock("boot00000001", boot_ms=60_000, wall_ms=round(time.time() * 1000) - _AGO_MS)
        probes = Probes(folder, clock, haste=_HASTE[full])
        kept: list[StoredReading] = []
        moments: list[float] = []
        with _agent(on, probes, clock, kept, moments, interval_s=_INTERVAL_S[full]) as agent:
            spans = [_suffer(agent, probes, fault, kept, full=full) for fault in FAULTS]
        wait_for(lambda: _is_judged(on), within_s=60, what="the server has compared each with its neighbours")
        rows = {row.seq: row for row in stored_of(on.engine, on.pis[0].name)}
    wrong = {fault.name: 0 for fault in FAULTS}
    for fault, (first, last) in zip(FAULTS, spans, strict=True):
        for reading in kept[first:last]:
            wrong[fault.name] += not _is_as_it_should_be(reading, fault, rows)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    flat = {
        fault: [one.seq in rows and _is_flat(rows[one.seq]) for one in kept[first:last]]
        for fault, (first, last) in zip(FAULTS, spans, strict=True)
    }
    stuck = flat.pop(STUCK)
    return {
        **compare(kept, list(rows.values()), least=_READINGS_A_FAULT[full] * len(FAULTS)),
        **{f"wrong_{name}": none(count) for name, count in wrong.items()},
        "without_the_missing_flag": none(sum(_lacks_flag(row) for row in rows.values())),
        "stuck_and_flat": at_least(sum(stuck[_FLAT_AFTER:]), _STUCK_READINGS - _FLAT_AFTER),
        "stuck_but_not_flat": none(stuck[_FLAT_AFTER:].count(False)),
        "flat_but_not_stuck": none(sum(chain.from_iterable(flat.values()))),
        "intervals_missed_at_most": at_most(max(gaps) / _SLOW_INTERVAL_S[full] - 1, 1),
        "longest_gap_s": told(max(gaps)),
    }


@contextmanager
def _agent(
    on: Farm, probes: Probes, clock: VirtualClock, kept: list[StoredReading], moments: list[float], *, interval_s: float
) -> Iterator[Agent]:
    def note(reading: StoredReading) -> None:
        kept.append(reading)
        moments.append(time.monotonic())

    transport = Transport(on.server.url, on.pis[0].token, tls_trust(on.server.url, None))
    outbox = Outbox(on.folder / "outbox.db")
    parts = AgentParts("pi-1", probes.read, outbox, clock, transport, note)
    agent = Agent(parts, DeliverySettings(interval_s, 500, 10_000, trust_clock=True, keep_interval=True))
    agent.start()
    try:
        yield agent
        wait_for(lambda: len(outbox) == 0, within_s=60, what="everything is delivered")
    finally:
        agent.request_stop()
        agent.finish(time.monotonic() + 10)


def _suffer(agent: Agent, probes: Probes, fault: Fault, kept: list[StoredReading], *, full: bool) -> tuple[int, int]:
    """Let a fault last for some readings; give which readings were wholly taken under it."""
    fault.begin(probes)
    agent.sampler.interval_s = _SLOW_INTERVAL_S[full] if fault.is_slow else _INTERVAL_S[full]
    first = len(kept) + 1  # the look at the probes that was under way saw a bit of both
    count = 1 if fault.is_slow else max(fault.least, _READINGS_A_FAULT[full])
    wait_for(lambda: len(kept) > first + count, within_s=_REST_OF_A_FAULT_S * count, what=fault.name)
    last = len(kept)
    probes.mend()
    agent.sampler.interval_s = _INTERVAL_S[full]
    seen = len(kept)
    wait_for(lambda: len(kept) > seen + 1, within_s=_REST_OF_A_FAULT_S, what=f"after {fault.name}")
    return first, last


def _is_as_it_should_be(reading: StoredReading, fault: Fault, rows: dict[int, Any]) -> bool:
    missing = {name for name in ("ph_mv", "ec_mv", "water_c") if getattr(reading, name) is None}
    row = rows.get(reading.seq)
    return row is not None and missing == fault.missing == reading.reasons.keys()


def _lacks_flag(row: Any) -> bool:
    """Tell whether a channel without a value does not have the flag for that."""
    flags, values = unpack_flags(row.quality), (row.ph_mv, row.ec_mv, row.water_c)
    return any(value is None and flag != Flag.MISSING for flag, value in zip(flags, values, strict=True))


def _is_flat(row: Any) -> bool:
    """Tell whether the values of both boards are doubted because they do not move."""
    flags, tests = unpack_flags(row.quality)[:2], unpack_tests(row.tests or 0)[:2]
    return all(test & Test.FLAT_LINE for test in tests) and not usable(flags).any()


def _is_judged(on: Farm) -> bool:
    with on.engine.connect() as connection:
        return connection.execute(_UNSERVED).scalar_one() == 0
