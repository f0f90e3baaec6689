"""The whole agent as a process: run, read, status, fleet; stopped and killed; systemd told the truth."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import pi_reader
from pi_reader.cli import EXIT_CONFIG
from pi_reader.clock import Clock
from pi_reader.config import DeliverySettings
from pi_reader.identity import new_token
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.sample import Sample
from pi_reader.status import outbox_status
from pi_reader.systemd import Supervisor
from pi_reader.timeline import rfc3339
from pi_reader.transport import Transport, tls_trust

DEADLINE_S = 60.0
KEYS = ("seq", "ts", "ph_mv", "ec_mv", "water_c")


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s in vain for {what}"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start_agent(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pi_reader", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=os.environ | environment, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start_agent
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def agent_config(folder: Path, url: str) -> str:
    (folder / "token").write_text(new_token())
    file = folder / "pi.toml"
    file.write_text(
        f'server_url = "{url}"\ntoken_file = "token"\nstate_dir = "state"\ninterval_s = 0.2\ntrust_clock = true\n'
        '[probes]\nbus = "simulated"\nseed = 5\n'
    )
    return str(file)


def fleet_config(folder: Path, url: str, *, pis: int = 3, interval_s: float = 0.3) -> str:
    lines = [f'server_url = "{url}"', 'state_dir = "state"', f"interval_s = {interval_s}"]
    for number in range(1, pis + 1):
        lines += ["[[pi]]", f'name = "pi-{number}"', f'token = "{new_token()}"', f"seed = {number}"]
    file = folder / "fleet.toml"
    file.write_text("\n".join(lines))
    return str(file)


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=DEADLINE_S)
    return process.returncode, stderr


def test_agent_delivers_simulated_readings_and_stops_cleanly(server: Any, start: Any, tmp_path: Path) -> None:
    agent = start("run", "--config", agent_config(tmp_path, server.url))
    wait_until(lambda: len(server.stored) >= 3, "three readings")

    code, stderr = stop(agent)

    assert code == 0, stderr
    first = server.batches[0]["readings"][0]
    assert 1500 < first["ph_mv"] < 1800
    assert first["clock"] == "synced"


def test_killed_agent_delivers_what_it_had_kept_and_continues_the_numbers(
    server: Any, start: Any, tmp_path: Path
) -> None:
    config = agent_config(tmp_path, server.url)
    down = server.answer(status=503, headers={"Retry-After": "0"})
    server.rule = lambda batch: down
    agent = start("run", "--config", config)
    wait_until(lambda: any(len(batch["readings"]) >= 2 for batch in server.batches), "a refused batch of two readings")
    offered = {r["seq"]: r for batch in server.batches for r in batch["readings"]}
    agent.kill()
    agent.communicate()

    server.rule = lambda batch: None
    start("run", "--config", config)
    wait_until(lambda: len(server.stored) > len(offered) + 2, "everything after the restart")

    stored = {reading["seq"]: reading for reading in server.stored.values()}
    assert all(stored[seq] == reading for seq, reading in offered.items())
    assert sorted(stored) == list(range(1, len(stored) + 1))
    assert len({batch["stream"] for batch in server.batches}) == 1


def test_agent_without_a_token_says_so_and_is_not_restarted(start: Any, tmp_path: Path) -> None:
    config = agent_config(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "token").unlink()

    agent = start("run", "--config", config)
    _, stderr = agent.communicate(timeout=DEADLINE_S)

    assert agent.returncode == EXIT_CONFIG == 78
    assert "no device token" in stderr


def test_read_prints_one_sample_for_a_person(start: Any, tmp_path: Path) -> None:
    out, _ = start("read", "--config", agent_config(tmp_path, "http://127.0.0.1:9")).communicate(timeout=DEADLINE_S)

    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["ph_mv", "ec_mv", "water_c"]
    assert lines[2].endswith("°C")


def test_status_tells_what_waits(start: Any, tmp_path: Path) -> None:
    config = agent_config(tmp_path, "http://127.0.0.1:9")
    agent = start("run", "--config", config)
    outbox = tmp_path / "state" / "outbox.db"
    wait_until(lambda: "\nfrom, to  2" in outbox_status(outbox), "a reading")
    stop(agent)

    out, _ = start("status", "--config", config).communicate(timeout=DEADLINE_S)

    waiting = int(out.split("waiting")[1].split()[0])
    assert waiting >= 1
    assert "delivered never" in out


def journalled(file: Path) -> set[tuple[object, ...]]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {tuple(line[key] for key in KEYS) for line in lines}


def stored_by(server: Any) -> set[tuple[object, ...]]:
    return {tuple(reading[key] for key in KEYS) for reading in server.stored.values()}


def waiting_in(folder: Path) -> set[tuple[object, ...]]:
    readings: list[StoredReading] = []
    for file in sorted(folder.glob("pi-*.db")):
        outbox = Outbox(file)
        readings += outbox.batch(10_000, with_newest=False)
        outbox.close()
    return {(r.seq, rfc3339(r.ts_ms or 0), r.ph_mv, r.ec_mv, r.water_c) for r in readings}


def test_fleet_delivers_exactly_what_its_journal_says(server: Any, start: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    arguments = ("fleet", "--config", fleet_config(tmp_path, server.url), "--journal", str(journal))
    # Every fourth request is stored but its answer lost; every seventh meets an overloaded server.
    requests = count(1)

    def trouble(batch: dict[str, Any]) -> Any:
        number = next(requests)
        if number % 4 == 0:
            return server.answer(store=True, cut=True)
        return server.answer(status=503, headers={"Retry-After": "0"}) if number % 7 == 0 else None

    server.rule = trouble
    fleet = start(*arguments)
    wait_until(lambda: journal.exists() and journal.read_text().count("\n") >= 40, "forty readings")
    stop(fleet)
    assert stored_by(server) | waiting_in(tmp_path / "state") == journalled(journal)

    server.rule = lambda batch: None
    fleet = start(*arguments)
    before = len(journalled(journal))
    wait_until(lambda: len(server.stored) >= before + 6, "the rest, and a few more")
    code, stderr = stop(fleet)

    assert code == 0, stderr
    assert waiting_in(tmp_path / "state") == set()
    assert stored_by(server) == journalled(journal)
    assert "3 Pis" in stderr


def test_fleet_ends_with_the_process_that_holds_its_standard_input(server: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pi_reader", "fleet", "--config", fleet_config(tmp_path, server.url)]
    fleet = subprocess.Popen([*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: len(server.stored) >= 3, "a reading of each Pi")

    _, stderr = fleet.communicate(timeout=DEADLINE_S)

    assert fleet.returncode == 0
    assert b"stopped. 3 Pis" in stderr


def test_fleet_spreads_its_readings_over_the_interval(server: Any, start: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    start("fleet", "--config", fleet_config(tmp_path, server.url, pis=4, interval_s=2.0), "--journal", str(journal))
    wait_until(lambda: journal.exists() and journal.read_text().count("\n") >= 4, "a reading of each Pi")

    first = [json.loads(line) for line in journal.read_text().splitlines()[:4]]

    assert [reading["name"] for reading in first] == ["pi-1", "pi-2", "pi-3", "pi-4"]
    assert len({reading["ts"] for reading in first}) == 4


def test_systemd_hears_ready_then_signs_of_life_then_stopping(server: Any, start: Any, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(DEADLINE_S)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        agent = start("run", "--config", agent_config(tmp_path, server.url), **environment)
        heard = [notify.recv(4096).decode() for _ in range(3)]
        stop(agent)
        last = ""
        while not last.startswith("STOPPING"):
            last = notify.recv(4096).decode()

    assert heard[0] == "READY=1"
    assert heard[1].startswith("WATCHDOG=1\nSTATUS=")


def test_agent_whose_probes_hang_is_reported_as_stalled(server: Any, outbox: Outbox) -> None:
    release = threading.Event()

    def hang() -> Sample | None:
        release.wait(DEADLINE_S)
        return None

    transport = Transport(server.url, new_token(), tls_trust(server.url, None))
    parts = AgentParts("agent", hang, outbox, Clock(trusted=True), transport, on_stored=lambda reading: None)
    agent = Agent(parts, DeliverySettings(interval_s=0.2, batch=500, outbox_max=1000, trust_clock=True))
    agent.start()

    before = agent.is_stalled()
    agent.sampler.last_progress -= 31.0

    assert (before, agent.is_stalled()) == (False, True)
    release.set()
    agent.request_stop()
    agent.finish(time.monotonic() + 5)


@pytest.mark.parametrize(
    ("config", "interval_s"),
    [
        ({"interval_s": 30}, 30.0),
        ({"interval_s": 0}, 10.0),
        ({"interval_s": "fast"}, 10.0),
        ({}, 10.0),
        ({"interval_s": True}, 10.0),
    ],
)
def test_server_may_change_the_interval_within_reason(
    config: dict[str, Any], interval_s: float, server: Any, outbox: Outbox
) -> None:
    transport = Transport(server.url, new_token(), tls_trust(server.url, None))
    parts = AgentParts("agent", lambda: None, outbox, Clock(trusted=True), transport, on_stored=lambda reading: None)
    agent = Agent(parts, DeliverySettings(interval_s=10.0, batch=500, outbox_max=1000, trust_clock=True))

    agent.apply_config(config)

    assert agent.sampler.interval_s == interval_s
    transport.close()


@pytest.mark.parametrize(
    ("config", "interval_s"),
    [
        ({"interval_s": 300}, 10.0),
        ({"interval_s": 1, "live_for_s": 60, "usual_interval_s": 300}, 1.0),
        ({"interval_s": 1}, 1.0),
    ],
)
def test_an_agent_that_keeps_its_pace_only_hurries(
    config: dict[str, Any], interval_s: float, server: Any, outbox: Outbox
) -> None:
    transport = Transport(server.url, new_token(), tls_trust(server.url, None))
    parts = AgentParts("agent", lambda: None, outbox, Clock(trusted=True), transport, on_stored=lambda reading: None)
    delivery = DeliverySettings(interval_s=10.0, batch=500, outbox_max=1000, trust_clock=True, keep_interval=True)
    agent = Agent(parts, delivery)

    agent.apply_config(config)

    assert agent.sampler.interval_s == interval_s
    transport.close()


def test_no_systemd_is_no_problem() -> None:
    assert Supervisor().tell("READY=1") is None
    assert Supervisor("/nowhere/at/all").tell("READY=1") is None


def test_unit_file_fits_the_agent() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(Path(pi_reader.__file__).parent / "systemd" / "hydrofleet-pi.service")

    service = unit["Service"]
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    assert service["RestartPreventExitStatus"] == str(EXIT_CONFIG)
    assert int(service["WatchdogSec"]) == 30
    assert service["ExecStart"].endswith("hydrofleet-pi run --config /etc/hydrofleet/pi.toml")


def test_agent_pulls_no_server_library() -> None:
    program = (
        "import sys, pi_reader.cli, pi_reader.station, pi_reader.fleet, pi_reader.loop, pi_reader.simulated.history\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} &"
        " {'pandas', 'numpy', 'flask', 'dash', 'plotly', 'sqlalchemy', 'app', 'models', 'analytics', 'ingest_api'}))"
    )

    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert out.strip() == "[]"
