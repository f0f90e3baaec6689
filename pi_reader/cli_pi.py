"""The commands of ``hydrofleet-pi`` at a Pi: run, read, status, selftest."""

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from pi_reader.cli_joining import add_places, config_file
from pi_reader.lock import only_agent, running_agent

if TYPE_CHECKING:
    # These take a quarter of a second to load on a Pi; each command loads what it needs.
    from pi_reader.config import AgentConfig, ServerSettings
    from pi_reader.last_good import Loaded
    from pi_reader.roots import Roots
    from pi_reader.sample import Sample
    from pi_reader.systemd import Supervisor

# How often a Pi that knows no server looks whether somebody has plugged in a stick.
_LOOK_AGAIN_S = 5.0
_SOAK_INTERVAL_S = 10.0


def add_pi_commands(commands: Any) -> None:
    """Add the commands to the command line."""
    for name, command, text in (
        ("run", _run, "read the probes and deliver until stopped"),
        ("read", _read, "look at the probes once and print the result"),
        ("status", _status, "print what the agent has kept and delivered"),
        ("selftest", _selftest, "check bus, thermometer, cross-talk, network, clock and disk"),
    ):
        sub = commands.add_parser(name, help=text, description=text)
        add_places(sub)
        sub.set_defaults(command=command)
        if name == "status":
            sub.add_argument("--self", action="store_true", dest="footprint", help="also what the agent costs this Pi")
    soak = commands.add_parser("soak", help="run the agent through an hour on a simulated bus")
    soak.add_argument("--hours", type=float, default=1.0, metavar="HOURS", help="how much of the agent's life")
    soak.add_argument(
        "--speed", type=float, default=50.0, metavar="TIMES", help="1 is real time; a reading is due every 10 s"
    )
    soak.set_defaults(command=_soak)


def stop_on_signals() -> threading.Event:
    """Give an event that is set when somebody asks this process to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _run(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_supervisor
    from pi_reader.last_good import load_or_last_good

    stop, supervisor, roots = stop_on_signals(), load_supervisor(), arguments.root
    loaded = load_or_last_good(config_file(arguments), roots)
    with only_agent(loaded.config.state_dir):
        while loaded.config.server is None:
            supervisor.tell("READY=1\nWATCHDOG=1\nSTATUS=waiting to be told which server to join")
            if stop.wait(_LOOK_AGAIN_S):
                return 0
            loaded = load_or_last_good(config_file(arguments), roots)
        _work(loaded, loaded.config.server, roots, stop, supervisor)
    return 0


def _work(
    loaded: "Loaded", server: "ServerSettings", roots: "Roots", stop: threading.Event, supervisor: "Supervisor"
) -> None:
    from pi_reader.agent_report import ReportFile
    from pi_reader.led import Led, mood_of
    from pi_reader.loop import run_until_stopped
    from pi_reader.station import build_agents

    config = loaded.config
    agents, report_file = build_agents(config, server, roots), ReportFile(roots, config.state_dir, fault=loaded.fault)
    led = None if config.led is None else Led(roots.leds / config.led)

    def report() -> None:
        report_file.write(agents)
        if led is not None:
            led.show(mood_of(agents, fault=loaded.fault))

    run_until_stopped(agents, stop, supervisor, report=report, fault=loaded.fault)
    report_file.remove()
    if led is not None:
        led.close()


def _read(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_agent_config
    from pi_reader.words import describe

    config = load_agent_config(config_file(arguments), roots=arguments.root)
    # Two programs at one converter would read each other's inputs.
    is_running = running_agent(config.state_dir) is not None
    looks = _looks_of_agent(config, arguments.root) if is_running else _own_looks(config, arguments.root)
    for title, sample in looks:
        print(title, end="\n" if title else "")
        print("this simulated Pi is without power at the moment" if sample is None else describe(sample))
    if not looks:
        print("the agent has just started; ask again in a moment")
    return 0 if looks and all(sample is not None and not sample.reasons for _, sample in looks) else 1


def _looks_of_agent(config: "AgentConfig", roots: "Roots") -> list[tuple[str, "Sample | None"]]:
    from pi_reader.agent_report import read_report

    tanks = [tank for tank in read_report(roots, config.state_dir) if tank.age_s is not None]
    return [(f"seen by the running {tank.name} {tank.age_s:.0f} s ago:", tank.sample) for tank in tanks]


def _own_looks(config: "AgentConfig", roots: "Roots") -> list[tuple[str, "Sample | None"]]:
    from pi_reader.probe_rigs import build_probes
    from pi_reader.station import tank_name

    tanks = config.each_tank(roots)
    titles = [f"{tank_name(place)}:" if len(tanks) > 1 else "" for _, place in tanks]
    return [(title, probes.read()) for title, probes in zip(titles, build_probes(tanks), strict=True)]


def _status(arguments: argparse.Namespace) -> int:
    from pi_reader.agent_report import read_report
    from pi_reader.footprint import describe_footprint
    from pi_reader.last_good import load_or_last_good
    from pi_reader.station import OUTBOX_NAME, tank_name
    from pi_reader.status import membership_status, outbox_status, running_status

    config = load_or_last_good(config_file(arguments), arguments.root).config
    pid = running_agent(config.state_dir)
    print(running_status(pid, read_report(arguments.root, config.state_dir)))
    tanks = config.each_tank(arguments.root)
    for tank, roots in tanks:
        if len(tanks) > 1:
            print(f"\n{'this Pi' if not roots.tank else tank_name(roots)}")
        print(membership_status(tank.token_file))
        print(outbox_status(tank.state_dir / OUTBOX_NAME))
    if arguments.footprint:
        if not pid:
            print("the agent is not running: there is nothing to measure", file=sys.stderr)
            return 1
        print(describe_footprint(pid))
    return 0


def _soak(arguments: argparse.Namespace) -> int:
    from pi_reader.soak import SoakPlan, soak
    from pi_reader.toml_table import ConfigError

    if arguments.hours <= 0 or arguments.speed <= 0:
        raise ConfigError("--hours and --speed have to be above 0")
    readings = max(10, round(arguments.hours * 3600 / _SOAK_INTERVAL_S))
    plan = SoakPlan(readings, _SOAK_INTERVAL_S / arguments.speed)
    result = soak(plan, tell=lambda line: print(line, flush=True), stop=stop_on_signals())
    print(
        f"memory grew by {result.growth_mb:.2f} MB; of {result.created} readings {result.arrived} arrived,"
        f" {result.waiting} are still kept, {result.lost} are lost"
    )
    print("good" if result.is_good else "NOT GOOD: memory grows, or readings are lost")
    return 0 if result.is_good else 1


def _selftest(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_agent_config
    from pi_reader.selftest import Grade, run_selftest

    config = load_agent_config(config_file(arguments), roots=arguments.root)
    worst = Grade.OK
    with only_agent(config.state_dir):
        for finding in run_selftest(config, arguments.root):
            print(finding, flush=True)
            worst = max(worst, finding.grade)
    return 1 if worst is Grade.FAIL else 0
