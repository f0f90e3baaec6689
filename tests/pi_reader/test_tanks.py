"""Several tanks at one Pi: what their configuration says and refuses."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pi_reader.config import load_agent_config
from pi_reader.identity import new_token
from pi_reader.probes.boards import PH_4502C
from pi_reader.roots import Roots
from pi_reader.toml_table import ConfigError

TWO = """\
server_url = "https://farm.local"
interval_s = 30
[probes]
tds_power_gpio = 17
ds18b20_id = "0000000000a1"
samples = 20
[[tank]]
id = "b"
ds18b20_id = "0000000000a2"
ph_channel = 2
ec_channel = 3
"""


def load(tmp_path: Path, text: str):
    file = tmp_path / "pi.toml"
    file.write_text(text)
    return load_agent_config(file, {})


def test_a_tank_takes_from_the_probes_what_it_does_not_say(tmp_path: Path) -> None:
    config = load(tmp_path, TWO)

    (tank,) = config.tanks
    assert (tank.id, tank.probes.wiring.ph_pin, tank.probes.wiring.ec_pin) == ("b", 2, 3)
    assert (tank.probes.tds_power_gpio, tank.probes.adc.samples) == (17, 20)
    assert config.probes.wiring.ph_pin == 0


def test_each_tank_has_its_own_folder_token_and_serial(tmp_path: Path) -> None:
    config = load(tmp_path, TWO)

    own, other = config.each_tank(Roots())

    assert (str(own[0].state_dir), str(own[0].token_file)) == ("/var/lib/hydrofleet", "/var/lib/hydrofleet/token")
    assert str(other[0].token_file) == "/var/lib/hydrofleet/tank-b/token"
    assert (own[1].tank, other[1].tank) == ("", "b")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("ph_channel = 2\n", ""), "line 7: tank.ph_channel is 0 of 0x48, which another tank reads"),
        (("ec_channel = 3", "ec_channel = 1"), "line 11: tank.ec_channel is 1 of 0x48, which another tank reads"),
        (('"0000000000a2"', '"0000000000a1"'), "line 9: tank.ds18b20_id is '0000000000a1', as of another tank"),
        (('ds18b20_id = "0000000000a1"\n', ""), "line 3: probes.ds18b20_id is missing: with several tanks"),
        (('id = "b"\n', ""), "line 7: tank.id is ''; write one of b, c, d, e, f"),
        (('id = "b"', 'id = "z"'), "line 8: tank.id is 'z'; write one of b, c, d, e, f"),
        (("ph_channel = 2", "ph_chanel = 2"), "line 10: tank.ph_chanel is not a known key; is it ph_channel?"),
        (("interval_s = 30", "interval_s = 15"), "line 2: interval_s is 15, but one look at the probes of all tanks"),
        (("ph_channel = 2", 'ph_board = "ph-4502c"'), "line 10: tank.ph_board is ph-4502c, which puts up to 5000 mV"),
    ],
)
def test_tanks_that_cannot_work_are_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, TWO.replace(*change, 1))

    assert complaint in str(refused.value)


def test_the_same_tank_twice_is_refused(tmp_path: Path) -> None:
    third = '[[tank]]\nid = "b"\nds18b20_id = "0000000000a3"\nads1115_address = 0x49\n'

    with pytest.raises(ConfigError, match=r"line 13: tank\.id is 'b' twice"):
        load(tmp_path, TWO.replace("interval_s = 30", "interval_s = 60") + third)


def test_a_board_on_5_volts_needs_a_divider_or_a_converter_on_5_volts(tmp_path: Path) -> None:
    board = '[probes]\nisolated = true\nph_board = "ph-4502c"\n'

    divided = load(tmp_path, f"interval_s = 30\n{board}ph_divider = 2\n")
    supplied = load(tmp_path, f'interval_s = 30\n{board}supply_mv = 5000\nph_gain = "2/3"\n')

    assert divided.probes.wiring.ph_board is supplied.probes.wiring.ph_board is PH_4502C
    assert supplied.probes.adc.gain_at(0) == pytest.approx(2 / 3)


def test_one_agent_reads_and_delivers_for_both_tanks(server: Any, tmp_path: Path) -> None:
    state, tokens = tmp_path / "state", (new_token(), new_token())
    for folder, token in ((state, tokens[0]), (state / "tank-b", tokens[1])):
        folder.mkdir(mode=0o700)
        (folder / "token").write_text(token)
    config = tmp_path / "pi.toml"
    config.write_text(
        f'server_url = "{server.url}"\nstate_dir = "state"\ntoken_file = "state/token"\ninterval_s = 0.3\n'
        'trust_clock = true\n[probes]\nbus = "simulated"\nseed = 5\n[[tank]]\nid = "b"\nseed = 8\n'
    )
    agent = subprocess.Popen([sys.executable, "-m", "pi_reader", "run", "--config", str(config)], env=os.environ)
    try:
        deadline = time.monotonic() + 60
        while {token for token, _ in server.stored} != {f"Bearer {token}" for token in tokens}:
            assert time.monotonic() < deadline, "waited in vain for a reading of each tank"
            time.sleep(0.02)
    finally:
        agent.terminate()
        code = agent.wait(30)

    values = {token: reading["ec_mv"] for (token, _), reading in server.stored.items()}
    assert code == 0
    assert values[f"Bearer {tokens[0]}"] != values[f"Bearer {tokens[1]}"]
    assert json.dumps(server.batches).count(tokens[0]) == 0
