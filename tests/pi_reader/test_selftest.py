"""The self-test on a simulated bus: what it finds, and what a technician is told."""

import re
import threading
from pathlib import Path

import pytest

from pi_reader.config import load_agent_config
from pi_reader.identity import new_token
from pi_reader.probe_rigs import TankProbes
from pi_reader.roots import Roots
from pi_reader.selftest import Finding, Grade, run_selftest
from pi_reader.simulated.rig import SimulationSettings, simulated_bench

PROBES = '[probes]\nbus = "simulated"\nseed = 5\nisolated = false\n'


def card(tmp_path: Path, top: str, probes: str = PROBES) -> Path:
    file = tmp_path / "etc/hydrofleet/pi.toml"
    file.parent.mkdir(parents=True)
    (tmp_path / "var/lib/hydrofleet").mkdir(parents=True)
    (tmp_path / "var/lib/hydrofleet/token").write_text(new_token())
    file.write_text(top + probes)
    return file


def findings(tmp_path: Path, top: str) -> dict[str, Finding]:
    roots = Roots(tmp_path)
    config = load_agent_config(card(tmp_path, top), {}, roots=roots)
    return {finding.subject: finding for finding in run_selftest(config, roots)}


def test_everything_is_looked_at(tmp_path: Path, server) -> None:
    found = findings(tmp_path, f'server_url = "{server.url}"\ntrust_clock = true\n')

    assert list(found) == ["I2C", "water", "pH board", "EC board", "cross-talk", "disk", "network", "member", "clock"]
    assert str(found["I2C"]) == "ok    I2C          the converter answers at 0x48 (on the bus: 0x48)"
    assert {found[name].grade for name in ("I2C", "water", "pH board", "EC board", "disk", "network")} == {Grade.OK}


def test_cross_talk_is_measured_in_millivolts_and_ph_and_warned_of_above_0_05(tmp_path: Path) -> None:
    # The simulated TDS board adds 35 mV to the pH probe: 35 / 177.48 = 0.197 pH.
    found = findings(tmp_path, "")["cross-talk"]

    assert found.grade is Grade.WARN
    assert re.match(r"\+3[45]\.\d mV \(0\.19[6-9] pH\) with the TDS board on; noise \d\.\d\d mV off", found.text)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = findings(tmp_path, 'server_url = "http://127.0.0.1:9"\n')

    assert found["network"].grade is Grade.FAIL
    assert "http://127.0.0.1:9" in found["network"].text
    assert found["clock"].text.endswith("no server to compare with")


def test_without_a_server_it_says_which_file_is_missing(tmp_path: Path) -> None:
    assert "put hydrofleet.toml on the boot partition" in findings(tmp_path, "")["network"].text


@pytest.mark.parametrize(
    ("on_the_bus", "text"),
    [
        ({}, "nothing at 0x48; on the bus: nobody. Check the wires, or ads1115_address"),
        ({0x49: None}, "nothing at 0x48; on the bus: 0x49. Check the wires, or ads1115_address"),
    ],
)
def test_a_converter_at_another_address_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_the_bus: dict[int, None], text: str
) -> None:
    roots = Roots(tmp_path)
    config = load_agent_config(card(tmp_path, ""), {}, roots=roots)
    probes = config.probes
    rig, bus = simulated_bench(SimulationSettings(5, tmp_path / "w1"), probes.adc, probes.wiring)
    bus.chips = on_the_bus  # type: ignore[assignment]
    rig.read = lambda: None  # type: ignore[method-assign,assignment]
    bench = TankProbes(rig, bus, threading.Lock(), look_s=0.0)
    monkeypatch.setattr("pi_reader.selftest.build_probes", lambda tanks: [bench])

    found = next(iter(run_selftest(config, roots)))

    assert (found.grade, found.text) == (Grade.FAIL, text)
