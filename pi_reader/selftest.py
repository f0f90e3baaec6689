"""One check after the other of everything a Pi needs, each with what to do when it fails."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from pathlib import Path
from urllib.parse import urlsplit

from pi_reader.clock import Clock, Stamp, Trust
from pi_reader.config import AgentConfig, ServerSettings
from pi_reader.identity import TokenError, read_token
from pi_reader.probe_config import Bus
from pi_reader.probe_rigs import TankProbes, build_probes
from pi_reader.protocol import CONFIG_PATH, server_time
from pi_reader.roots import Roots
from pi_reader.sample import NOISY_MV, Channel, Reason
from pi_reader.transport import RawAnswer, Transport, tls_trust
from pi_reader.words import ADVICE

_CROSS_TALK_SAMPLES = 30
# A Gravity board at 25 °C; others differ by a few percent, which does not matter for a warning.
_MV_PER_PH = 177.48
_WORST_CROSS_TALK_PH = 0.05
_WORST_CLOCK_S = 5.0
# Below this the outbox cannot grow to its usual size.
_LEAST_FREE_MB = 200.0
_SLOW_FSYNC_S = 1.0


@unique
class Grade(IntEnum):
    """How a check went."""

    OK = 0
    SKIP = 1
    WARN = 2
    FAIL = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    grade: Grade
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.grade.name.lower():5} {self.subject:12} {self.text}"


def run_selftest(config: AgentConfig, roots: Roots) -> Iterator[Finding]:
    """Give what each check finds, as soon as it is known; the probes take half a minute a tank."""
    tanks = config.each_tank(roots)
    for (tank, place), probes in zip(tanks, build_probes(tanks), strict=True):
        yield from _check_tank(tank, probes, f" {place.tank}" if place.tank else "")
    yield _check_disk(config.state_dir)
    clock = Clock(trusted=config.delivery.trust_clock)
    findings, server_ms = _check_network(config, roots, clock)
    yield from findings
    yield _check_clock(clock.now(), server_ms)


def _check_tank(config: AgentConfig, probes: TankProbes, name: str) -> Iterator[Finding]:
    yield _check_bus(config, probes, f"I2C{name}")
    sample = probes.read()
    if sample is None:
        yield Finding(Grade.SKIP, f"probes{name}", "this simulated Pi is without power at the moment")
        return
    for channel, subject in ((Channel.WATER_C, "water"), (Channel.PH_MV, "pH board"), (Channel.EC_MV, "EC board")):
        reason, noise = sample.reasons.get(channel), sample.noise_mv.get(channel)
        unit = "°C" if channel is Channel.WATER_C else "mV"
        if reason is not None:
            yield Finding(Grade.FAIL, subject + name, f"no value: {reason} ({ADVICE[reason]})")
        elif noise is not None and noise > NOISY_MV:
            yield Finding(Grade.WARN, subject + name, f"noise {noise:.1f} mV: check probe, cable and ground")
        else:
            spread = "" if noise is None else f", noise {noise:.2f} mV"
            yield Finding(Grade.OK, subject + name, f"{getattr(sample, channel.value):.2f} {unit}{spread}")
    if config.probes.bus is Bus.HARDWARE or probes.rig.can_switch:
        yield _check_cross_talk(probes, f"cross-talk{name}")


def _check_bus(config: AgentConfig, probes: TankProbes, subject: str) -> Finding:
    address = config.probes.adc.address
    try:
        found = probes.scan()
    except OSError as error:
        return Finding(Grade.FAIL, subject, str(error.strerror or error))
    heard = ", ".join(f"0x{one:02x}" for one in found) or "nobody"
    if address in found:
        return Finding(Grade.OK, subject, f"the converter answers at 0x{address:02x} (on the bus: {heard})")
    return Finding(
        Grade.FAIL, subject, f"nothing at 0x{address:02x}; on the bus: {heard}. Check the wires, or ads1115_address"
    )


def _check_cross_talk(probes: TankProbes, subject: str) -> Finding:
    """Measure what the TDS board does to the pH probe beside it: nobody sees it in the readings."""
    if not probes.rig.can_switch:
        return Finding(
            Grade.SKIP, subject, "isolated boards are not switched; lift the TDS probe out and compare two `read`"
        )
    quiet = probes.rig.read_ph_beside_tds(_CROSS_TALK_SAMPLES, tds_on=False)
    beside = probes.rig.read_ph_beside_tds(_CROSS_TALK_SAMPLES, tds_on=True)
    if quiet.value is None or beside.value is None:
        reason = quiet.reason or beside.reason or Reason.READER_ERROR
        return Finding(Grade.FAIL, subject, f"no value: {reason} ({ADVICE[reason]})")
    shift_mv = beside.value - quiet.value
    shift_ph = abs(shift_mv) / _MV_PER_PH
    measured = (
        f"{shift_mv:+.1f} mV ({shift_ph:.3f} pH) with the TDS board on;"
        f" noise {quiet.noise or 0:.2f} mV off, {beside.noise or 0:.2f} mV on"
    )
    if shift_ph > _WORST_CROSS_TALK_PH:
        return Finding(Grade.WARN, subject, f"{measured}. Keep tds_power_gpio, never set isolated = true")
    return Finding(Grade.OK, subject, measured)


def _check_disk(state_dir: Path) -> Finding:
    probe = state_dir / ".selftest"
    began = time.monotonic()
    try:
        with probe.open("wb") as out:
            out.write(bytes(4096))
            out.flush()
            os.fsync(out.fileno())
        probe.unlink()
    except OSError as error:
        return Finding(Grade.FAIL, "disk", f"{state_dir} cannot be written ({error.strerror}): is the card worn out?")
    took_s, free_mb = time.monotonic() - began, shutil.disk_usage(state_dir).free / 1e6
    measured = f"{free_mb:.0f} MB free, a durable write takes {1000 * took_s:.0f} ms"
    if free_mb < _LEAST_FREE_MB or took_s > _SLOW_FSYNC_S:
        return Finding(Grade.WARN, "disk", f"{measured}; make room, or replace the card")
    return Finding(Grade.OK, "disk", measured)


def _check_network(config: AgentConfig, roots: Roots, clock: Clock) -> tuple[list[Finding], int | None]:
    """Ask the server, and give what it says the time is."""
    server = config.server
    if server is None:
        text = f"no server is named: put {roots.boot_file.name} on the boot partition"
        return [Finding(Grade.FAIL, "network", text)], None
    token = _token_of(config.token_file)
    try:
        address = _address_of(urlsplit(server.url).hostname or "")
        answer, took_ms = _ask(server, token or "none", clock)
    except OSError as error:
        return [Finding(Grade.FAIL, "network", f"{server.url}: {error.strerror or error}")], None
    answers = Finding(Grade.OK, "network", f"{server.url} ({address}) answers in {took_ms} ms")
    member = _check_member(answer.status, has_token=token is not None)
    return [answers, member], server_time(answer.body, answer.headers)


def _address_of(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise OSError(f"{host} has no address ({error.strerror}): check the name and the cable") from error


def _token_of(file: Path) -> str | None:
    try:
        return read_token(file)
    except TokenError:
        return None


def _ask(server: ServerSettings, token: str, clock: Clock) -> tuple[RawAnswer, int]:
    transport = Transport(server.url, token, tls_trust(server.url, server.ca_file, server.ca_pem))
    try:
        began = clock.now().boot_ms
        return transport.get(CONFIG_PATH), clock.now().boot_ms - began
    finally:
        transport.close()


def _check_member(status: int, *, has_token: bool) -> Finding:
    if status == 200:
        return Finding(Grade.OK, "member", "the server knows this Pi")
    if not has_token:
        return Finding(Grade.WARN, "member", "this Pi has not joined yet; hydrofleet-pi enroll tries it now")
    if status in (401, 403):
        return Finding(Grade.FAIL, "member", f"the server refuses this Pi (HTTP {status}): look at its page Join")
    return Finding(Grade.WARN, "member", f"the server answers HTTP {status}")


def _check_clock(now: Stamp, server_ms: int | None) -> Finding:
    is_kept = now.trust is Trust.SYNCED
    kept = "kept by a time service" if is_kept else "not kept by any time service"
    if server_ms is None:
        return Finding(Grade.OK if is_kept else Grade.WARN, "clock", f"{kept}; no server to compare with")
    apart_s = (now.wall_ms - server_ms) / 1000
    measured = f"{kept}, {apart_s:+.1f} s from the server's"
    if is_kept and abs(apart_s) <= _WORST_CLOCK_S:
        return Finding(Grade.OK, "clock", measured)
    return Finding(Grade.WARN, "clock", f"{measured}; readings are dated by the server's time until it is right")
