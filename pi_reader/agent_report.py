"""What a running agent tells people on its Pi: a small file in memory, written now and then, and read by ``status``."""

import contextlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pi_reader.loop import Agent
from pi_reader.roots import Roots
from pi_reader.sample import Channel, Reason, Sample

_REPORT_NAME = "agent.json"


@dataclass(frozen=True, slots=True)
class TankReport:
    """How the agent of one tank is: its newest look at the probes and its age, and what keeps it from delivering."""

    name: str
    sample: Sample | None
    age_s: float | None
    delivered: int
    waiting: int
    missed: int
    trouble: str


class ReportFile:
    """The file of the running agent; it costs the card nothing where systemd has made a folder in memory."""

    def __init__(self, roots: Roots, state_dir: Path, *, fault: str = "") -> None:
        """``fault`` is what the agent has to tell of itself, whatever its tanks do."""
        folder = roots.run_dir if roots.run_dir.is_dir() and os.access(roots.run_dir, os.W_OK) else state_dir
        self._file, self._fault = folder / _REPORT_NAME, fault

    def write(self, agents: Sequence[Agent]) -> None:
        """Tell how the agents are; a full disk is no reason to stop."""
        said = {"at": _since_boot_s(), "tanks": [_told(agent, self._fault) for agent in agents]}
        temporary = self._file.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(said), encoding="utf-8")
            temporary.chmod(0o644)
            temporary.replace(self._file)

    def remove(self) -> None:
        """Take the file away: nobody tells anything any more."""
        self._file.unlink(missing_ok=True)


def read_report(roots: Roots, state_dir: Path) -> list[TankReport]:
    """Read what the running agent tells of its tanks; empty when it has not told anything yet."""
    for folder in (roots.run_dir, state_dir):
        try:
            said = json.loads((folder / _REPORT_NAME).read_text(encoding="utf-8"))
            return [_heard(tank) for tank in said["tanks"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def _told(agent: Agent, fault: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": agent.name,
        "delivered": agent.uplink.counts.delivered,
        "waiting": len(agent.outbox),
        "missed": agent.sampler.missed,
        "trouble": "; ".join(filter(None, (fault, agent.trouble()))),
    }
    if agent.sampler.newest is not None:
        sample, stamp = agent.sampler.newest
        told["looked_s"] = stamp.boot_ms / 1000
        told["sample"] = {
            "ph_mv": sample.ph_mv,
            "ec_mv": sample.ec_mv,
            "water_c": sample.water_c,
            "reasons": sample.reasons,
            "noise_mv": sample.noise_mv,
        }
    return told


def _heard(told: Mapping[str, Any]) -> TankReport:
    looked_s = told.get("looked_s")
    return TankReport(
        name=str(told["name"]),
        sample=_sample(told["sample"]) if "sample" in told else None,
        age_s=None if looked_s is None else max(0.0, _since_boot_s() - looked_s),
        delivered=told["delivered"],
        waiting=told["waiting"],
        missed=told["missed"],
        trouble=str(told["trouble"]),
    )


def _sample(told: Mapping[str, Any]) -> Sample:
    return Sample(
        told["ph_mv"],
        told["ec_mv"],
        told["water_c"],
        reasons={Channel(channel): Reason(reason) for channel, reason in told["reasons"].items()},
        noise_mv={Channel(channel): noise for channel, noise in told["noise_mv"].items()},
    )


def _since_boot_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
