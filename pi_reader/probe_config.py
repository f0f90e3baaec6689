"""The tables ``[probes]`` and ``[[tank]]`` of the agent's configuration: how the probes of each tank are wired."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from pi_reader.probes.boards import EC_BOARDS, GRAVITY_PH_V2, GRAVITY_TDS, PH_BOARDS, Board
from pi_reader.probes.settings import DATA_RATES, DS18B20_CONVERSION_S, AdcSettings, Wiring
from pi_reader.toml_table import Table

_GAINS: dict[str | float, float] = {"2/3": 2 / 3, 1: 1, 2: 2, 4: 4, 8: 8, 16: 16}
# What an input may bear above the converter's supply (ADS1115 absolute maximum rating).
_ABOVE_SUPPLY_MV = 300.0
#: Each goes behind the board's serial number, which is in hex digits.
TANK_IDS = ("b", "c", "d", "e", "f")


@unique
class Bus(StrEnum):
    """Where the probes are."""

    HARDWARE = "hardware"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """The probes of one tank. ``isolated`` boards need no switching of the TDS board's power."""

    bus: Bus
    adc: AdcSettings
    wiring: Wiring
    ds18b20_id: str | None
    isolated: bool
    tds_power_gpio: int | None
    seed: int
    time_scale: float

    @property
    def look_s(self) -> float:
        """Return how long one look at all probes takes."""
        conversions_s = 2 * (self.adc.samples + 1) / self.adc.data_rate
        switching_s = 0.0 if self.isolated else self.wiring.quiet_s + self.wiring.settle_s
        scale = 1.0 if self.bus is Bus.HARDWARE else self.time_scale
        return scale * (DS18B20_CONVERSION_S + conversions_s + switching_s)


@dataclass(frozen=True, slots=True)
class TankSettings:
    """A further tank of the same Pi: a device of its own, known by the board's serial number with ``id`` behind it."""

    id: str
    probes: ProbeSettings


def read_tanks(top: Table) -> tuple[ProbeSettings, tuple[TankSettings, ...]]:
    """Read ``[probes]``, the Pi's own tank, and every ``[[tank]]``, which takes from there what it does not say."""
    own = top.table("probes")
    others = [table.inheriting(own) for table in top.tables("tank")]
    probes = _probes(own)
    found = [(own, probes)]
    tanks: list[TankSettings] = []
    for table in others:
        tank = TankSettings(table.choice("id", "", TANK_IDS), _probes(table))
        if tank.id in [other.id for other in tanks]:
            raise table.fault("id", f"is {tank.id!r} twice; each tank needs its own")
        tanks.append(tank)
        found.append((table, tank.probes))
    if others:
        _check_apart(found)
    return probes, tuple(tanks)


def _probes(table: Table) -> ProbeSettings:
    bus = Bus(table.choice("bus", Bus.HARDWARE.value, [bus.value for bus in Bus]))
    wiring = _wiring(table)
    gain = table.choice("gain", 1, _GAINS)
    adc = AdcSettings(
        address=table.integer("ads1115_address", 0x48, low=0x48, high=0x4B),
        gain=_GAINS[gain],
        gain_of_pin={
            wiring.ph_pin: _GAINS[table.choice("ph_gain", gain, _GAINS)],
            wiring.ec_pin: _GAINS[table.choice("ec_gain", gain, _GAINS)],
        },
        data_rate=table.choice("data_rate", 8, DATA_RATES),
        samples=table.integer("samples", 25, low=1, high=500),
        supply_mv=table.number("supply_mv", 3300, low=2000, high=5500),
    )
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
    _check_voltages(table, settings)
    if bus is Bus.HARDWARE and not settings.isolated and settings.tds_power_gpio is None:
        raise table.fault(
            "tds_power_gpio",
            "is missing: the TDS board's current disturbs the pH probe, so give the GPIO that switches its power,"
            " or set isolated = true if the boards are galvanically isolated",
        )
    table.finish()
    return settings


def _wiring(table: Table) -> Wiring:
    wiring = Wiring(
        ph_pin=table.integer("ph_channel", 0, low=0, high=3),
        ec_pin=table.integer("ec_channel", 1, low=0, high=3),
        ph_board=PH_BOARDS[table.choice("ph_board", GRAVITY_PH_V2.name, PH_BOARDS)],
        ec_board=EC_BOARDS[table.choice("ec_board", GRAVITY_TDS.name, EC_BOARDS)],
        ph_divider=table.number("ph_divider", 1, low=1, high=10),
        ec_divider=table.number("ec_divider", 1, low=1, high=10),
        quiet_s=table.number("tds_quiet_s", 1, low=0, high=60),
        settle_s=table.number("tds_settle_s", 2, low=0, high=60),
    )
    if wiring.ph_pin == wiring.ec_pin:
        raise table.fault("ec_channel", f"is {wiring.ec_pin}, the channel of the pH board; the boards need one each")
    return wiring


def _check_voltages(table: Table, settings: ProbeSettings) -> None:
    """Refuse a board that could put more on an input than the converter bears."""
    wiring, limit_mv = settings.wiring, settings.adc.supply_mv + _ABOVE_SUPPLY_MV
    sides: tuple[tuple[str, Board, float], ...] = (
        ("ph", wiring.ph_board, wiring.ph_divider),
        ("ec", wiring.ec_board, wiring.ec_divider),
    )
    for side, board, divider in sides:
        if board.highest_mv / divider > limit_mv:
            raise table.fault(
                f"{side}_board",
                f"is {board.name}, which puts up to {board.highest_mv / divider:g} mV on an input that is supplied with"
                f" {settings.adc.supply_mv:g} mV and may be destroyed: put a divider between"
                f" ({side}_divider = 2 for two equal resistors), or supply the ADS1115 with 5 V (supply_mv = 5000)",
            )


def _check_apart(found: Sequence[tuple[Table, ProbeSettings]]) -> None:
    """Refuse two tanks that would read the same probe."""
    inputs: set[tuple[int, int]] = set()
    sensors: set[object] = set()
    for table, probes in found:
        for key, pin in (("ph_channel", probes.wiring.ph_pin), ("ec_channel", probes.wiring.ec_pin)):
            place = (probes.adc.address, pin)
            if probes.bus is Bus.HARDWARE and place in inputs:
                raise table.fault(
                    key, f"is {pin} of 0x{place[0]:02x}, which another tank reads; each probe is one tank's"
                )
            inputs.add(place)
        key = "ds18b20_id" if probes.bus is Bus.HARDWARE else "seed"
        sensor = getattr(probes, key)
        if sensor is None:
            raise table.fault(key, "is missing: with several tanks each has to name its own thermometer")
        if sensor in sensors:
            raise table.fault(key, f"is {sensor!r}, as of another tank; each needs its own")
        sensors.add(sensor)


def _ds18b20_id(table: Table) -> str | None:
    sensor_id = table.optional_text("ds18b20_id")
    if sensor_id is not None and not re.fullmatch(r"[0-9a-f]{12}", sensor_id):
        raise table.fault("ds18b20_id", f"is {sensor_id!r}; write the 12 hex digits after '28-' in /sys/bus/w1/devices")
    return sensor_id
