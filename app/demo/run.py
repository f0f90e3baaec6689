"""The demo from the first message to the last: database, fleet, login, agents, server."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.database import Report, open_database
from app.demo.agents import running_agents, write_fleet_file
from app.demo.load import load_fleet
from app.demo.login import Login, demo_login
from app.demo.plan import demo_devices
from app.jobs.rollups import refresh_dirty_hours
from app.serving import running_jobs, serve, stopping_on_signals
from app.settings import Settings
from models.db import session_scope
from models.read.devices import DeviceRecord, list_devices
from models.write.devices import issue_token, revoke_tokens

ProgressBar = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says: how many Pis, how much history, how often."""

    devices: int
    days: int
    every_s: int
    interval_s: int


def run_demo(
    settings: Settings,
    options: DemoOptions,
    *,
    report: Report,
    progress: ProgressBar,
    ready: Callable[[str, Login], None],
) -> None:
    """Run the demo until it is told to stop; then stop the agents, the server and the database, in this order.

    ``progress(done, total)`` counts readings while the history loads; ``ready(url, login)`` is called once the
    server answers.
    """
    _make_folder(settings.data_dir)
    with stopping_on_signals(), open_database(settings, report) as engine, ExitStack() as stack:
        fleet = _fleet(engine, options, report=report, progress=progress)
        with session_scope(engine) as session:
            login = demo_login(session, settings.data_dir)
        jobs = stack.enter_context(running_jobs(engine))

        def start_agents(url: str) -> None:
            fleet_file = _configure_agents(engine, fleet, settings.data_dir, url, options.interval_s)
            stack.enter_context(running_agents(fleet_file))
            ready(url, login)

        serve(settings, engine, start_agents, jobs=jobs)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written; choose another folder with --data")


def _fleet(engine: Engine, options: DemoOptions, *, report: Report, progress: ProgressBar) -> list[DeviceRecord]:
    """Give the demo's devices, loading them first where there are none."""
    with session_scope(engine) as session:
        existing = _demo_fleet(session)
    if existing:
        if len(existing) != options.devices:
            report(f"This folder holds a fleet of {len(existing)}; --devices and --days count for a new --data folder.")
        return existing
    began = time.monotonic()
    now = datetime.now(UTC)
    total = options.devices * options.days * 86_400 // options.every_s
    done = 0

    def count(added: int) -> None:
        nonlocal done
        done += added
        progress(min(done, total), total)

    report(f"Loading {options.days} days of history of {options.devices} Pis: {total:,} readings ...")
    with session_scope(engine) as session:
        fleet = load_fleet(
            session,
            options.devices,
            days=options.days,
            every_s=options.every_s,
            now=now,
            progress=count,
        )
    progress(total, total)
    report("Summing up hours and days ...")
    refresh_dirty_hours(engine, now=now)
    report(f"The fleet is there after {time.monotonic() - began:.0f} s.")
    return fleet


def _demo_fleet(session: Session) -> list[DeviceRecord]:
    return [device for device in list_devices(session) if device.origin == "demo"]


def _configure_agents(engine: Engine, fleet: list[DeviceRecord], folder: Path, url: str, interval_s: int) -> Path:
    """Give every Pi a new token and write the agents' file; the tokens of an earlier run end."""
    fleet_file = folder / "fleet.toml"
    plan = demo_devices(len(fleet))
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        for device in fleet:
            revoke_tokens(session, device.id, now)
        tokens = {device.name: issue_token(session, device.name, now=now) for device in fleet}
        write_fleet_file(fleet_file, plan, tokens, server_url=url, interval_s=interval_s)
    return fleet_file
