"""Configuration of an agent and of a simulated fleet: one TOML file each, overridden by the environment.

The only module of the agent that reads configuration. Environment: ``HYDROFLEET_PI_SERVER_URL``,
``HYDROFLEET_PI_CA_FILE``, ``HYDROFLEET_PI_TOKEN_FILE``, ``HYDROFLEET_PI_STATE_DIR``, ``HYDROFLEET_PI_INTERVAL_S``.
"""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from urllib.parse import urlsplit

from pi_reader.identity import is_token
from pi_reader.join_file import JoinFile
from pi_reader.join_sources import JoinSources
from pi_reader.probes.settings import DATA_RATES, DS18B20_CONVERSION_S, AdcSettings, Wiring
from pi_reader.roots import Roots
from pi_reader.systemd import Supervisor
from pi_reader.toml_table import ConfigError, Place, Table

_ENVIRONMENT_PREFIX = "HYDROFLEET_PI_"
_TEXT_OVERRIDES = ("server_url", "ca_file", "token_file", "state_dir")
SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S = 0.2, 3600.0
_GAINS: dict[str | float, float] = {"2/3": 2 / 3, 1: 1, 2: 2, 4: 4, 8: 8, 16: 16}


@unique
class Bus(StrEnum):
    """Where the probes are."""

    HARDWARE = "hardware"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where readings go; with ``ca_file`` only certificates signed by it are believed."""

    url: str
    ca_file: Path | None
    ca_pem: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """The probes of one Pi. ``isolated`` boards need no switching of the TDS board's power."""

    bus: Bus
    adc: AdcSettings
    wiring: Wiring
    ds18b20_id: str | None
    isolated: bool
    tds_power_gpio: int | None
    seed: int
    time_scale: float


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How readings are kept and sent; ``trust_clock`` is for machines with a battery-backed clock.

    With ``keep_interval`` the server may make the agent hurry for a calibration, but not change its usual pace.
    """

    interval_s: float
    batch: int
    outbox_max: int
    trust_clock: bool
    keep_interval: bool = False


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Everything one agent needs. ``server`` is None as long as nothing has told this Pi where to go."""

    server: ServerSettings | None
    delivery: DeliverySettings
    probes: ProbeSettings
    token_file: Path
    state_dir: Path


@dataclass(frozen=True, slots=True)
class FleetPi:
    """One simulated Pi of a fleet."""

    name: str
    token: str
    seed: int


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """Many simulated Pis that share a server and a state directory."""

    server: ServerSettings
    delivery: DeliverySettings
    state_dir: Path
    pis: tuple[FleetPi, ...]


def load_agent_config(
    file: Path, environment: Mapping[str, str] | None = None, *, roots: Roots | None = None
) -> AgentConfig:
    """Read and check an agent's configuration; paths in it lie below ``roots``.

    The server is the one named in the file, else the one that a joining file names (see :mod:`pi_reader.join_file`):
    that of the boot partition, the one this Pi joined, that of a USB stick.

    Raises
    ------
    ConfigError
        With file, line and key of the first fault.
    """
    top, roots = _load(file, environment), roots or Roots()
    state_dir = roots.at(top.path("state_dir", "/var/lib/hydrofleet"))
    named = _server(top) if top.has("server_url") else None
    config = AgentConfig(
        server=named or _server_of_joining(JoinSources(roots, state_dir)),
        delivery=_delivery(top, trust_clock=False),
        probes=_probes(top.table("probes")),
        token_file=roots.at(top.path("token_file", "/var/lib/hydrofleet/token")),
        state_dir=state_dir,
    )
    _check_pace(top, config)
    top.finish()
    return config


def load_fleet_config(file: Path, environment: Mapping[str, str] | None = None) -> FleetConfig:
    """Read and check the configuration of a simulated fleet; raises :class:`ConfigError` as for an agent."""
    top = _load(file, environment)
    config = FleetConfig(
        server=_server(top),
        # All simulated Pis live on this machine and share its clock.
        delivery=_delivery(top, trust_clock=True),
        state_dir=top.path("state_dir"),
        pis=tuple(_fleet_pi(table) for table in top.tables("pi")),
    )
    top.finish()
    for what in ("name", "token", "seed"):
        values = [getattr(pi, what) for pi in config.pis]
        if len(set(values)) < len(values):
            raise ConfigError(f"{file}: every [[pi]] needs its own {what}; one stands there twice")
    if not config.pis:
        raise ConfigError(f"{file}: a fleet needs at least one [[pi]] with name, token and seed")
    return config


def load_supervisor(environment: Mapping[str, str] | None = None) -> Supervisor:
    """Return the systemd that started this process, from the variables it sets."""
    environment = os.environ if environment is None else environment
    microseconds = environment.get("WATCHDOG_USEC", "")
    watchdog_s = int(microseconds) / 1e6 if microseconds.isdigit() else None
    return Supervisor(environment.get("NOTIFY_SOCKET", ""), watchdog_s)


def _load(file: Path, environment: Mapping[str, str] | None) -> Table:
    environment = os.environ if environment is None else environment
    overrides: dict[str, str | float] = {}
    for key in _TEXT_OVERRIDES:
        if value := environment.get(_ENVIRONMENT_PREFIX + key.upper()):
            overrides[key] = value
    if interval := environment.get(_ENVIRONMENT_PREFIX + "INTERVAL_S"):
        try:
            overrides["interval_s"] = float(interval)
        except ValueError:
            raise ConfigError(f"{_ENVIRONMENT_PREFIX}INTERVAL_S is {interval!r}; write a number of seconds") from None
    return Table.load(file).overridden(overrides)


def _server(top: Table) -> ServerSettings:
    url = top.text("server_url").rstrip("/")
    plain_allowed = top.boolean("allow_plain_http", default=False)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise top.fault("server_url", f"is {url!r}; write https://name-or-address")
    if parts.username or parts.query or parts.fragment:
        raise top.fault("server_url", "holds more than scheme, host, port and path; the token belongs in token_file")
    if parts.scheme == "http" and not plain_allowed and not _is_loopback(parts.hostname):
        raise top.fault(
            "server_url",
            f"is plain http to {parts.hostname}: anybody on that network could read the token; use https, or set"
            " allow_plain_http = true on a closed lab network",
        )
    return ServerSettings(url, top.optional_path("ca_file"))


def _server_of_joining(sources: JoinSources) -> ServerSettings | None:
    """Return the server that a joining file names; its address is checked like one in the configuration."""
    for found in sources.files():
        if found.server_url is not None:
            return _checked_server(found)
    return None


def _checked_server(found: JoinFile) -> ServerSettings:
    values = {"server_url": found.server_url, "allow_plain_http": found.allow_plain_http}
    server = _server(Table(values, Place(found.path, "")))
    return ServerSettings(server.url, None, found.ca_pem)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _delivery(top: Table, *, trust_clock: bool) -> DeliverySettings:
    return DeliverySettings(
        interval_s=top.number("interval_s", 15, low=SHORTEST_INTERVAL_S, high=LONGEST_INTERVAL_S),
        keep_interval=top.boolean("keep_interval", default=False),
        batch=top.integer("batch", 500, low=1, high=10_000),
        outbox_max=top.integer("outbox_max", 100_000, low=100, high=5_000_000),
        trust_clock=top.boolean("trust_clock", default=trust_clock),
    )


def _probes(table: Table) -> ProbeSettings:
    bus = Bus(table.choice("bus", Bus.HARDWARE.value, [bus.value for bus in Bus]))
    adc = AdcSettings(
        address=table.integer("ads1115_address", 0x48, low=0x48, high=0x4B),
        gain=_GAINS[table.choice("gain", 1, _GAINS)],
        data_rate=table.choice("data_rate", 8, DATA_RATES),
        samples=table.integer("samples", 25, low=1, high=500),
        supply_mv=table.number("supply_mv", 3300, low=2000, high=5500),
    )
    wiring = Wiring(
        ph_pin=table.integer("ph_channel", 0, low=0, high=3),
        ec_pin=table.integer("ec_channel", 1, low=0, high=3),
        quiet_s=table.number("tds_quiet_s", 1, low=0, high=60),
        settle_s=table.number("tds_settle_s", 2, low=0, high=60),
    )
    if wiring.ph_pin == wiring.ec_pin:
        raise table.fault("ec_channel", f"is {wiring.ec_pin}, the channel of the pH board; the boards need one each")
    settings = ProbeSettings(
        bus=bus,
        adc=adc,
        wiring=wiring,
        ds18b20_id=_ds18b20_id(table),
        isolated=table.boolean("isolated", default=False),
        tds_power_gpio=table.optional_integer("tds_power_gpio", low=0, high=27),
        seed=table.integer("seed", 1, low=1, high=2**32 - 1),
        time_scale=table.number("time_scale", 0, low=0, high=1),
    )
    if bus is Bus.HARDWARE and not settings.isolated and settings.tds_power_gpio is None:
        raise table.fault(
            "tds_power_gpio",
            "is missing: the TDS board's current disturbs the pH probe, so give the GPIO that switches its power,"
            " or set isolated = true if the boards are galvanically isolated",
        )
    table.finish()
    return settings


def _check_pace(top: Table, config: AgentConfig) -> None:
    """Refuse an interval in which the probes cannot be read once: every second reading would be missed."""
    probes = config.probes
    conversions_s = 2 * (probes.adc.samples + 1) / probes.adc.data_rate
    switching_s = 0.0 if probes.isolated else probes.wiring.quiet_s + probes.wiring.settle_s
    scale = 1.0 if probes.bus is Bus.HARDWARE else probes.time_scale
    needed_s = scale * (DS18B20_CONVERSION_S + conversions_s + switching_s)
    if config.delivery.interval_s < needed_s:
        raise top.fault(
            "interval_s",
            f"is {config.delivery.interval_s:g}, but one look at the probes takes {needed_s:.1f} s:"
            f" use at least {math.ceil(needed_s)}, or a higher data_rate or fewer samples in [probes]",
        )


def _ds18b20_id(table: Table) -> str | None:
    sensor_id = table.optional_text("ds18b20_id")
    if sensor_id is not None and not re.fullmatch(r"[0-9a-f]{12}", sensor_id):
        raise table.fault("ds18b20_id", f"is {sensor_id!r}; write the 12 hex digits after '28-' in /sys/bus/w1/devices")
    return sensor_id


def _fleet_pi(table: Table) -> FleetPi:
    pi = FleetPi(table.text("name"), table.text("token"), table.integer("seed", None, low=1, high=2**32 - 1))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", pi.name):
        raise table.fault(
            "name", f"is {pi.name!r}; letters, digits, dots, dashes and underscores only (it names a file)"
        )
    if not is_token(pi.token):
        raise table.fault("token", "is not a device token; it looks like hfd_<8>_<43>")
    table.finish()
    return pi
