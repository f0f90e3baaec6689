"""R22: every way in which a probe fails, one after the other: unplugged, 85.0, -127, damaged, rail, NaN, a stuck bus.

The drivers are real, the chips are not. While a fault lasts, its channels are stored without a value and with the flag
for "missing", the others with theirs; the loop never stops, and misses at most one interval.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pi_reader.clock import Clock
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
from tests.drills.agent import compare, stored_of
from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_most, none, told
from tests.drills.pis import wait_for

NAME = "R22"
_SENSOR = "000000000001"
_INTERVAL_S, _SLOW_INTERVAL_S = 0.3, 5.0
_READINGS_A_FAULT = {False: 3, True: 30}
_WATER, _ADC = frozenset({"water_c"}), frozenset({"ph_mv", "ec_mv"})
_MISSING = 9
_REST_OF_A_FAULT_S = 60.0


class Probes:
    """The chips of one Pi, and what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.tree = W1Tree(folder / "w1")
        self.volts = 1.5
        self.chip = SimulatedAds1115(lambda pin: self.volts + pin / 10, time_scale=0.0)
        self.bus = SimulatedI2CBus({0x48: self.chip})
        thermometer = Ds18b20(_SENSOR, devices=self.tree.root, retry_pause_s=0.01)
        adc = Ads1115(self.bus, AdcSettings(data_rate=860, samples=5))
        self._rig = Rig(thermometer, adc, Wiring(), sleep=lambda _: None)
        self.spoil: Callable[[Sample], Sample] = lambda sample: sample
        self.mend()

    def mend(self) -> None:
        """Make everything right again."""
        self.tree.put(_SENSOR, 21.5)
        self.volts, self.chip.hung, self.bus.held, self.bus.chips = 1.5, False, False, {0x48: self.chip}
        self.spoil = lambda sample: sample

    def read(self) -> Sample:
        """Look at the probes."""
        return self.spoil(self._rig.read())


@dataclass(frozen=True)
class Fault:
    """A fault, and the channels it takes away."""

    name: str
    begin: Callable[[Probes], None]
    missing: frozenset[str]
    interval_s: float = _INTERVAL_S


def _rail(probes: Probes) -> None:
    probes.volts = 3.3


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
    Fault("conversion_hangs", _hang, _ADC, _SLOW_INTERVAL_S),
    Fault("bus_is_held", _hold, _ADC, _SLOW_INTERVAL_S),
    Fault("mended", lambda probes: None, frozenset()),
)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Break the probes in every way, and compare what is stored."""
    with farm(folder, pis=1) as on:
        probes = Probes(folder)
        kept: list[StoredReading] = []
        moments: list[float] = []
        with _agent(on, probes, kept, moments) as agent:
            spans = [_suffer(agent, probes, fault, kept, _READINGS_A_FAULT[full]) for fault in FAULTS]
        rows = {row.seq: row for row in stored_of(on.engine, on.pis[0].name)}
    wrong = {fault.name: 0 for fault in FAULTS}
    for fault, (first, last) in zip(FAULTS, spans, strict=True):
        for reading in kept[first:last]:
            wrong[fault.name] += not _is_as_it_should_be(reading, fault, rows)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return {
        **compare(kept, list(rows.values()), least=_READINGS_A_FAULT[full] * len(FAULTS)),
        **{f"wrong_{name}": none(count) for name, count in wrong.items()},
        "without_the_missing_flag": none(sum(_lacks_flag(row) for row in rows.values())),
        "intervals_missed_at_most": at_most(max(gaps) / _SLOW_INTERVAL_S - 1, 1),
        "longest_gap_s": told(max(gaps)),
    }


@contextmanager
def _agent(on: Farm, probes: Probes, kept: list[StoredReading], moments: list[float]) -> Iterator[Agent]:
    def note(reading: StoredReading) -> None:
        kept.append(reading)
        moments.append(time.monotonic())

    transport = Transport(on.server.url, on.pis[0].token, tls_trust(on.server.url, None))
    outbox = Outbox(on.folder / "outbox.db")
    parts = AgentParts("pi-1", probes.read, outbox, Clock(trusted=True), transport, note)
    agent = Agent(parts, DeliverySettings(_INTERVAL_S, 500, 10_000, trust_clock=True, keep_interval=True))
    agent.start()
    try:
        yield agent
        wait_for(lambda: len(outbox) == 0, within_s=60, what="everything is delivered")
    finally:
        agent.request_stop()
        agent.finish(time.monotonic() + 10)


def _suffer(agent: Agent, probes: Probes, fault: Fault, kept: list[StoredReading], count: int) -> tuple[int, int]:
    """Let a fault last for some readings; give which readings were wholly taken under it."""
    fault.begin(probes)
    agent.sampler.interval_s = fault.interval_s
    first = len(kept) + 1  # the look at the probes that was under way saw a bit of both
    count = 1 if fault.interval_s == _SLOW_INTERVAL_S else count
    wait_for(lambda: len(kept) > first + count, within_s=_REST_OF_A_FAULT_S * count, what=fault.name)
    last = len(kept)
    probes.mend()
    agent.sampler.interval_s = _INTERVAL_S
    seen = len(kept)
    wait_for(lambda: len(kept) > seen + 1, within_s=_REST_OF_A_FAULT_S, what=f"after {fault.name}")
    return first, last


def _is_as_it_should_be(reading: StoredReading, fault: Fault, rows: dict[int, Any]) -> bool:
    missing = {name for name in ("ph_mv", "ec_mv", "water_c") if getattr(reading, name) is None}
    row = rows.get(reading.seq)
    return row is not None and missing == fault.missing == reading.reasons.keys()


def _lacks_flag(row: Any) -> bool:
    """Tell whether a channel without a value does not have the flag 9, "missing"; four bits each."""
    values = (row.ph_mv, row.ec_mv, row.water_c)
    return any(value is None and row.quality >> 4 * place & 15 != _MISSING for place, value in enumerate(values))
