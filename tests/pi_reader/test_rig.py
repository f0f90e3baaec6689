"""Reading order and the switching of the TDS board, with real drivers on simulated buses."""

from pathlib import Path

import pytest

from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.probes.tds_power import TdsPower
from pi_reader.sample import Channel, Reason
from pi_reader.simulated.rig import CROSS_TALK_MV, SimulationSettings, simulated_rig
from pi_reader.simulated.water import Tank

# A moment without a fault in any of the tanks used here.
NOON = 1_795_400_000.0


def rig_of(seed: int, tree: Path, *, isolated: bool):
    return simulated_rig(SimulationSettings(seed, tree, isolated=isolated), AdcSettings(), Wiring(), now=lambda: NOON)


@pytest.mark.parametrize("seed", [1, 2, 5, 42, 99])
@pytest.mark.parametrize("isolated", [True, False])
def test_live_reading_equals_the_history_of_the_same_moment(seed: int, isolated: bool, tmp_path: Path) -> None:
    live = rig_of(seed, tmp_path, isolated=isolated).read()

    history = Tank(seed).report(NOON)

    # 25 conversions with their own noise of +-0.2 mV: at most two counts of 0.125 mV apart.
    assert live.ph_mv == pytest.approx(history.ph_mv, abs=0.25)
    assert live.ec_mv == pytest.approx(history.ec_mv, abs=0.25)
    assert live.water_c == pytest.approx(history.water_c, abs=0.001)


def test_ph_is_read_while_the_tds_board_has_no_power(tmp_path: Path) -> None:
    switched = rig_of(1, tmp_path, isolated=False).read()

    # The simulated board disturbs pH by 35 mV whenever it is on.
    assert CROSS_TALK_MV == 35.0
    assert switched.ph_mv == pytest.approx(Tank(1).signals(NOON).ph_mv, abs=0.5)


class Recorder:
    """Notes the order of everything a rig does."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def power(self) -> TdsPower:
        steps = self.steps

        class Power:
            def on(self) -> None:
                steps.append("on")

            def off(self) -> None:
                steps.append("off")

        return Power()

    def sleep(self, seconds: float) -> None:
        self.steps.append(f"wait {seconds:g}")

    def read(self):
        from pi_reader.sample import ChannelRead

        self.steps.append("water")
        return ChannelRead(21.0)

    def read_mv(self, pin: int, samples: int | None = None):
        from pi_reader.sample import ChannelRead

        self.steps.append(f"input {pin}")
        return ChannelRead(1000.0)


def test_switched_boards_are_read_by_turns_with_their_settling_times() -> None:
    from pi_reader.probes.rig import Rig

    recorder = Recorder()

    Rig(recorder, recorder, Wiring(), power=recorder.power(), sleep=recorder.sleep).read()

    assert recorder.steps == ["water", "off", "wait 1", "input 0", "on", "wait 2", "input 1", "off"]


def test_isolated_boards_are_read_without_waiting() -> None:
    from pi_reader.probes.rig import Rig

    recorder = Recorder()

    Rig(recorder, recorder, Wiring(), sleep=recorder.sleep).read()

    assert recorder.steps == ["water", "input 0", "input 1"]


def test_tds_board_is_switched_off_even_when_reading_it_fails() -> None:
    from pi_reader.probes.rig import Rig

    class Failing(Recorder):
        def read_mv(self, pin: int, samples: int | None = None):
            if pin == 1:
                raise RuntimeError("boom")
            return super().read_mv(pin, samples)

    recorder = Failing()

    with pytest.raises(RuntimeError, match="boom"):
        Rig(recorder, recorder, Wiring(), power=recorder.power(), sleep=recorder.sleep).read()

    assert recorder.steps[-1] == "off"


def at_fault(seed: int) -> float:
    """A moment in the middle of this tank's fault."""
    from pi_reader.simulated.episodes import RHYTHMS, fault_window

    window = fault_window(seed, RHYTHMS[Tank(seed).truth.character], NOON)
    return (window.fault_start + window.fault_end) / 2


def test_loose_ph_plug_is_the_rail_and_the_other_channels_stay(tmp_path: Path) -> None:
    moment = at_fault(11)
    rig = simulated_rig(SimulationSettings(11, tmp_path), AdcSettings(), Wiring(), now=lambda: moment)

    sample = rig.read()

    assert (sample.ph_mv, sample.reasons) == (None, {Channel.PH_MV: Reason.RAIL})
    assert 1000 < (sample.ec_mv or 0) < 2300
    assert 15 < (sample.water_c or 0) < 30


def test_vanished_thermometer_leaves_the_other_channels(tmp_path: Path) -> None:
    moment = at_fault(23)
    rig = simulated_rig(SimulationSettings(23, tmp_path), AdcSettings(), Wiring(), now=lambda: moment)

    sample = rig.read()

    assert (sample.water_c, sample.reasons) == (None, {Channel.WATER_C: Reason.SENSOR_ABSENT})
    assert sample.ph_mv is not None


def test_probes_that_cannot_be_read_in_time_are_read_more_hastily() -> None:
    import threading

    from pi_reader.probe_rigs import TankProbes
    from pi_reader.probes.ads1115 import Ads1115
    from pi_reader.probes.rig import Rig
    from pi_reader.sample import ChannelRead
    from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus

    class Lukewarm:
        def read(self) -> ChannelRead:
            return ChannelRead(25.0)

    conversions: list[int] = []
    chip = SimulatedAds1115(lambda pin: conversions.append(pin) or 1.0, time_scale=0)
    bus = SimulatedI2CBus({0x48: chip})
    probes = TankProbes(Rig(Lukewarm(), Ads1115(bus, AdcSettings()), Wiring()), bus, threading.Lock(), look_s=7.25)

    probes.keep_pace(1.0)
    probes.read()
    hurried = conversions.count(0)
    probes.keep_pace(60.0)
    probes.read()

    # One conversion that opens the driver goes to input 0; the first of each channel is thrown away.
    assert conversions.count(1) == (4 + 1) + (25 + 1)
    assert hurried <= 6
