"""What a technician sees at a Pi: the light, the status, the newest look, and lines in the journal."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_reader.agent_report import ReportFile, read_report
from pi_reader.clock import Clock
from pi_reader.config import DeliverySettings, is_journal_listening
from pi_reader.footprint import footprint_of, installed_mb
from pi_reader.identity import new_token
from pi_reader.led import Led, Mood, mood_of
from pi_reader.log import _ForJournal
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.roots import Roots
from pi_reader.sample import Channel, Reason, Sample
from pi_reader.status import running_status
from pi_reader.transport import Transport, tls_trust
from pi_reader.words import ADVICE, describe

WELL = Sample(1655.2, 1210.4, 21.4, noise_mv={Channel.PH_MV: 0.2})
NO_PH = Sample(None, 1210.4, 21.4, reasons={Channel.PH_MV: Reason.RAIL})


@pytest.fixture
def agent(server: Any, outbox: Outbox) -> Iterator[Agent]:
    transport = Transport(server.url, new_token(), tls_trust(server.url, None))
    parts = AgentParts("agent", lambda: WELL, outbox, Clock(trusted=True), transport, on_stored=lambda reading: None)
    yield Agent(parts, DeliverySettings(interval_s=10.0, batch=500, outbox_max=1000, trust_clock=True))
    transport.close()


def test_the_light_tells_the_worst_that_is_the_matter(agent: Agent) -> None:
    moods = [mood_of([agent])]
    agent.uplink.counts.last_error = "HTTP 503"
    moods.append(mood_of([agent]))
    agent.sampler.newest = NO_PH, Clock().now()
    moods.append(mood_of([agent]))
    agent.sampler.last_progress -= 31.0
    moods.append(mood_of([agent]))

    assert moods == [Mood.WELL, Mood.NOT_DELIVERING, Mood.PROBE_FAILS, Mood.NOT_SAMPLING]
    assert [int(mood) for mood in moods] == [1, 2, 4, 5]


def test_the_light_tells_of_an_older_configuration_when_all_else_is_well(agent: Agent) -> None:
    well = mood_of([agent], fault="pi.toml, line 2: interval_s is -1")
    agent.uplink.counts.last_error = "HTTP 503"
    not_delivering = mood_of([agent], fault="pi.toml, line 2: interval_s is -1")

    assert (well, not_delivering) == (Mood.OLD_CONFIGURATION, Mood.NOT_DELIVERING)
    assert int(well) == 6


def test_the_light_is_taken_from_its_usual_work_and_left_off(tmp_path: Path) -> None:
    light = tmp_path / "ACT"
    light.mkdir()
    (light / "trigger").write_text("mmc0")
    (light / "brightness").write_text("0  ")
    led = Led(light)

    led.show(Mood.WELL)
    deadline = time.monotonic() + 30
    while not (light / "brightness").read_text().startswith("255"):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    led.close()

    assert (light / "trigger").read_text() == "none"
    assert (light / "brightness").read_text().startswith("0")


def test_a_light_that_is_not_there_is_no_problem(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    led = Led(tmp_path / "ACT")
    led.show(Mood.WELL)
    led.close()

    assert not (tmp_path / "ACT").exists()
    assert "cannot be switched" in caplog.text


def test_status_shows_the_newest_look_and_the_trouble(agent: Agent, tmp_path: Path) -> None:
    agent.sampler.take_one()
    agent.uplink.counts.last_error = "HTTP 503 overload"
    file = ReportFile(Roots(tmp_path), tmp_path, fault="pi.toml, line 2: interval_s is -1")
    file.write([agent])

    (told,) = read_report(Roots(tmp_path), tmp_path)
    text = running_status(77, [told])
    file.remove()

    assert told.sample == WELL
    assert text.startswith("agent     running, process 77\nseen      ph_mv 1655.2, ec_mv 1210.4, water_c 21.4, ")
    assert text.endswith("trouble   pi.toml, line 2: interval_s is -1; HTTP 503 overload")
    assert read_report(Roots(tmp_path), tmp_path) == []


def test_every_reason_comes_with_advice() -> None:
    assert set(ADVICE) == set(Reason)
    assert describe(NO_PH).splitlines()[0] == f"ph_mv    no value: rail ({ADVICE[Reason.RAIL]})"


def test_a_running_agent_is_asked_for_its_look_instead_of_disturbing_it(server: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(new_token())
    config = tmp_path / "pi.toml"
    config.write_text(
        f'server_url = "{server.url}"\ntoken_file = "token"\nstate_dir = "state"\ninterval_s = 0.2\n'
        'trust_clock = true\n[probes]\nbus = "simulated"\nseed = 5\n'
    )

    def command(*words: str) -> list[str]:
        return [sys.executable, "-m", "pi_reader", *words, "--config", str(config)]

    running = subprocess.Popen(command("run"), env=os.environ | {"WATCHDOG_USEC": "300000"})
    try:
        deadline = time.monotonic() + 60
        while (
            not (tmp_path / "state/agent.json").exists()
            or '"sample"' not in (tmp_path / "state/agent.json").read_text()
        ):
            assert time.monotonic() < deadline, "waited in vain for the agent's report"
            time.sleep(0.05)
        read = subprocess.run(command("read"), capture_output=True, text=True, check=False)
        status = subprocess.run(command("status", "--self"), capture_output=True, text=True, check=False)
    finally:
        running.terminate()
        running.wait(30)

    assert (read.returncode, read.stdout.splitlines()[0].startswith("seen by the running agent ")) == (0, True)
    assert f"agent     running, process {running.pid}" in status.stdout
    assert " MB resident, " in status.stdout
    assert " % of one core in " in status.stdout


def test_the_footprint_is_what_the_kernel_says() -> None:
    cost = footprint_of(os.getpid())

    assert 5 < cost.resident_mb <= cost.highest_mb
    assert 0 <= cost.cpu_percent <= 1000
    assert installed_mb() > 1


def test_the_journal_sorts_every_line_of_a_traceback_as_an_error() -> None:
    record = logging.LogRecord("pi_reader", logging.ERROR, "", 0, "first\nsecond", (), None)

    assert _ForJournal().format(record) == "<3>pi_reader: first\n<3>second"
    assert is_journal_listening({"JOURNAL_STREAM": "8:1"})
    assert not is_journal_listening({})
