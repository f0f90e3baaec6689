"""Configuration of an agent and of a simulated fleet: one TOML file each, overridden by the environment.

The only module of the agent that reads configuration. Environment: ``HYDROFLEET_PI_SERVER_URL``,
``HYDROFLEET_PI_CA_FILE``, ``HYDROFLEET_PI_TOKEN_FILE``, ``HYDROFLEET_PI_STATE_DIR``, ``HYDROFLEET_PI_INTERVAL_S``.
"""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from pi_reader.identity import is_token
from pi_reader.join_file import JoinFile
from pi_reader.join_sources import JoinSources
from pi_reader.probe_config import ProbeSettings, TankSettings, read_tanks
from pi_reader.roots import Roots
from pi_reader.systemd import Supervisor
from pi_reader.toml_table import ConfigError, Place, Table

_ENVIRONMENT_PREFIX = "HYDROFLEET_PI_"
_TEXT_OVERRIDES = ("server_url", "ca_file", "token_file", "state_dir")
SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S = 0.2, 3600.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where readings go; with ``ca_file`` only certificates signed by it are believed."""

    url: str
    ca_file: Path | None
    ca_pem: str | None = None


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
    """Everything one agent needs. ``server`` is None as long as nothing has told this Pi where to go.

    ``tanks`` are those beside the Pi's own, and ``led`` names the light of the board that shows how the agent is.
    """

    server: ServerSettings | None
    delivery: DeliverySettings
    probes: ProbeSettings
    token_file: Path
    state_dir: Path
    tanks: tuple[TankSettings, ...] = ()
    led: str | None = None
    #: The file itself is damaged: see last_good.py.
    is_last_good: bool = False

    def of_tank(self, tank: TankSettings) -> "AgentConfig":
        """Return the configuration of a further tank, which has a folder, a token and an outbox of its own."""
        folder = self.state_dir / f"tank-{tank.id}"
        return replace(self, probes=tank.probes, token_file=folder / "token", state_dir=folder, tanks=(), led=None)

    def each_tank(self, roots: Roots) -> "list[tuple[AgentConfig, Roots]]":
        """Return what to work with for every tank of this Pi, its own first."""
        own = (replace(self, tanks=()), roots)
        return [own, *((self.of_tank(tank), replace(roots, tank=tank.id)) for tank in self.tanks)]


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
    delivery = _delivery(top, trust_clock=False)
    probes, tanks = read_tanks(top)
    config = AgentConfig(
        server=named or _server_of_joining(JoinSources(roots, state_dir)),
        delivery=delivery,
        probes=probes,
        tanks=tanks,
        led=_led(top),
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


def is_journal_listening(environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether standard error goes to systemd's journal, from the variable systemd sets."""
    environment = os.environ if environment is None else environment
    return "JOURNAL_STREAM" in environment


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


def _check_pace(top: Table, config: AgentConfig) -> None:
    """Refuse an interval in which the probes cannot be read once: every second reading would be missed."""
    needed_s = sum(probes.look_s for probes in (config.probes, *(tank.probes for tank in config.tanks)))
    if config.delivery.interval_s < needed_s:
        whose = "the probes of all tanks" if config.tanks else "the probes"
        raise top.fault(
            "interval_s",
            f"is {config.delivery.interval_s:g}, but one look at {whose} takes {needed_s:.1f} s:"
            f" use at least {math.ceil(needed_s)}, or a higher data_rate or fewer samples in [probes]",
        )


def _led(top: Table) -> str | None:
    led = top.optional_text("led")
    if led is not None and not re.fullmatch(r"[A-Za-z0-9:_-]+", led):
        raise top.fault("led", f"is {led!r}; write a name that stands in /sys/class/leds, such as ACT")
    return led


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
