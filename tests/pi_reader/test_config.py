"""Configuration: strict, with the line and the key in every complaint."""

from pathlib import Path

import pytest

from pi_reader.config import load_agent_config, load_fleet_config, load_supervisor
from pi_reader.identity import new_token
from pi_reader.probe_config import Bus
from pi_reader.toml_table import ConfigError

MINIMAL = """\
server_url = "https://farm.local"
interval_s = 30

[probes]
tds_power_gpio = 17
"""


def load(tmp_path: Path, text: str, environment: dict[str, str] | None = None):
    file = tmp_path / "pi.toml"
    file.write_text(text)
    return load_agent_config(file, environment or {})


def test_few_lines_are_enough(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)

    assert (config.server.url, config.delivery.interval_s, config.delivery.batch) == ("https://farm.local", 30.0, 500)
    assert (config.probes.bus, config.probes.adc.data_rate, config.probes.adc.samples) == (Bus.HARDWARE, 8, 25)
    assert str(config.token_file) == "/var/lib/hydrofleet/token"


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = {"HYDROFLEET_PI_SERVER_URL": "https://other.local", "HYDROFLEET_PI_INTERVAL_S": "60"}

    config = load(tmp_path, MINIMAL, environment)

    assert (config.server.url, config.delivery.interval_s) == ("https://other.local", 60.0)


def test_relative_paths_start_at_the_configuration_file(tmp_path: Path) -> None:
    config = load(tmp_path, 'ca_file = "ca.pem"\nstate_dir = "state"\n' + MINIMAL)

    assert (config.server.ca_file, config.state_dir) == (tmp_path / "ca.pem", tmp_path / "state")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("server_ur = 'https://farm.local'\n[probes]\nbus = 'simulated'\n", "line 1: server_ur is not a known key"),
        ('server_url = "farm.local"\n', "line 1: server_url is 'farm.local'; write https://"),
        ('server_url = "https://farm.local"\ninterval_s = "10"\n', "line 2: interval_s is '10'; write a number"),
        ('server_url = "https://farm.local"\ninterval_s = 0\n', "line 2: interval_s is 0; write a number from 0.2"),
        ('server_url = "https://farm.local"\ninterval_s = true\n', "line 2: interval_s is True"),
        ('server_url = "https://farm.local"\nbatch = 1.5\n', "line 2: batch is 1.5; write a whole number"),
        ('server_url = "https://u:p@farm.local"\n', "the token belongs in token_file"),
        (MINIMAL + "gain = 3\n", "line 6: probes.gain is 3; write one of 2/3, 1, 2, 4, 8, 16"),
        (MINIMAL + "data_rate = 9\n", "line 6: probes.data_rate is 9; write one of 8, 16"),
        (MINIMAL + "ads1115_address = 0x50\n", "line 6: probes.ads1115_address is 80"),
        (MINIMAL + "ec_channel = 0\n", "line 6: probes.ec_channel is 0, the channel of the pH board"),
        (MINIMAL + 'ds18b20_id = "28-0000"\n', "line 6: probes.ds18b20_id is '28-0000'"),
        (MINIMAL + 'bus = "real"\n', "line 6: probes.bus is 'real'; write one of hardware, simulated"),
        (MINIMAL + "isolatd = true\n", "line 6: probes.isolatd is not a known key"),
        ("intervall_s = 10\n" + MINIMAL, "line 1: intervall_s is not a known key"),
        (MINIMAL.replace("tds_power_gpio = 17\n", ""), "line 4: probes.tds_power_gpio is missing"),
        ("server_url = \n", "not valid TOML: Invalid value (at line 1"),
    ],
)
def test_fault_is_named_with_its_line_and_key(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)

    assert complaint in str(caught.value)
    assert str(tmp_path / "pi.toml") in str(caught.value)


def test_plain_http_is_refused_beyond_this_machine(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="anybody on that network could read the token"):
        load(tmp_path, MINIMAL.replace("https://farm.local", "http://192.168.1.9"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_plain_http_is_fine_on_this_machine(url: str, tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL.replace("https://farm.local", url)).server.url == url


def test_plain_http_can_be_allowed_for_a_lab(tmp_path: Path) -> None:
    text = "allow_plain_http = true\n" + MINIMAL.replace("https://farm.local", "http://192.168.1.9/")

    assert load(tmp_path, text).server.url == "http://192.168.1.9"


def test_interval_shorter_than_one_look_at_the_probes_is_refused(tmp_path: Path) -> None:
    # 0.75 s for the thermometer, 2 x 26 conversions at 8 a second, 3 s of switching: 10.25 s.
    with pytest.raises(
        ConfigError, match=r"interval_s is 10, but one look at the probes takes 10\.2 s: use at least 11"
    ):
        load(tmp_path, MINIMAL.replace("interval_s = 30", "interval_s = 10"))


def test_fleet_of_simulated_pis(tmp_path: Path) -> None:
    tokens = [new_token(), new_token()]
    file = tmp_path / "fleet.toml"
    file.write_text(
        'server_url = "http://127.0.0.1:1"\nstate_dir = "state"\ninterval_s = 0.5\n'
        + "".join(f'[[pi]]\nname = "pi-{n}"\ntoken = "{token}"\nseed = {n}\n' for n, token in enumerate(tokens, 1))
    )

    config = load_fleet_config(file, {})

    assert [(pi.name, pi.token, pi.seed) for pi in config.pis] == [("pi-1", tokens[0], 1), ("pi-2", tokens[1], 2)]
    assert config.delivery.trust_clock


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        ('name = "pi-1"\ntoken = "{other}"\nseed = 2\n', "needs its own name"),
        ('name = "pi-2"\ntoken = "{token}"\nseed = 2\n', "needs its own token"),
        ('name = "pi-2"\ntoken = "{other}"\nseed = 1\n', "needs its own seed"),
        ('name = "pi-2"\ntoken = "secret"\nseed = 2\n', "line 9: pi.token is not a device token"),
        ('name = "../pi"\ntoken = "{other}"\nseed = 2\n', "line 8: pi.name is '../pi'"),
        ('name = "pi-2"\ntoken = "{other}"\n', "line 7: pi.seed is missing"),
    ],
)
def test_faulty_fleet_is_refused(second: str, complaint: str, tmp_path: Path) -> None:
    token, other = new_token(), new_token()
    file = tmp_path / "fleet.toml"
    first = f'[[pi]]\nname = "pi-1"\ntoken = "{token}"\nseed = 1\n'
    text = 'server_url = "http://127.0.0.1:1"\nstate_dir = "s"\n' + first + "[[pi]]\n" + second
    file.write_text(text.replace("{token}", token).replace("{other}", other))

    with pytest.raises(ConfigError) as caught:
        load_fleet_config(file, {})

    assert complaint in str(caught.value)
    assert "secret" not in str(caught.value)


def test_supervisor_is_what_systemd_says() -> None:
    supervisor = load_supervisor({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000"})

    assert (supervisor.address, supervisor.watchdog_s) == ("/run/x", 30.0)
    assert load_supervisor({}).address == ""
