"""One simulated tank at any moment: the water, what its probes put on the wires, and what an agent would report."""

import math
from typing import NamedTuple

from pi_reader.simulated.episodes import RHYTHMS, Window, fault_window
from pi_reader.simulated.husbandry import DAY_S, DAYLIGHT_SHARE, LOCAL_OFFSET_S, Husbandry, Stretch
from pi_reader.simulated.noise import Purpose, between, hash64
from pi_reader.simulated.probes import TDS_BOARD_CEILING_MV, ec_board_mv, ph_board_mv
from pi_reader.simulated.truth import Character, tank_truth

_TWO_PI = 2 * math.pi
_DAY_ANGLE = _TWO_PI / DAY_S
_WEATHER_ANGLE = _TWO_PI / (5.3 * DAY_S)
_FRONT_ANGLE = _TWO_PI / (1.9 * DAY_S)
_WARMEST_ANGLE = _TWO_PI * 15.5 / 24.0  # tanks are warmest at half past three in the afternoon
_MIXED_AFTER_S = 3600.0
_LOOSE_PLUG_MV = 5000.0  # an open pH input floats to the board's own supply, above the ADC's range
_ADC_LSB_MV = 0.125  # ADS1115 at gain 1
_SUPPLY_MV = 3300.0
_CLEANED_EVERY_S = 21 * DAY_S
_TWO_TO_21 = 2.0**-21
_MASK_21 = (1 << 21) - 1


class Water(NamedTuple):
    """The truth in the tank: pH, EC at 25 °C (µS/cm) and temperature (°C)."""

    ph: float
    ec_us_cm: float
    water_c: float


class Signals(NamedTuple):
    """Three channels of one moment, in mV, mV and °C; NaN is a channel that gives nothing."""

    ph_mv: float
    ec_mv: float
    water_c: float


class Tank:
    """A tank and its probes. Not for sharing between threads: it remembers the stretch it looked at last."""

    def __init__(self, seed: int) -> None:
        self.truth = tank_truth(seed)
        self._husbandry = Husbandry(self.truth)
        self._week_number: int | None = None
        self._week: list[Stretch] = []
        self._stretch: Stretch | None = None
        self._rhythm = RHYTHMS.get(self.truth.character)
        self._window: Window | None = None
        self._heat_c = between(21.0, 22.6, seed, Purpose.CLIMATE, 1) + self._chiller_failure_c()
        self._swing_c = between(1.4, 2.6, seed, Purpose.CLIMATE, 2)
        self._breathing_ph = between(0.01, 0.035, seed, Purpose.CLIMATE, 3)
        self._wander_mv = between(1.0, 4.0, seed, Purpose.PROBE, 4)
        self._wander_angle = _TWO_PI / (DAY_S * between(40.0, 90.0, seed, Purpose.PROBE, 5))
        self._wander_phase = between(0.0, _TWO_PI, seed, Purpose.PROBE, 6)
        self._ageing_mv_per_s, self._ageing_phase = self._ageing()

    def water(self, at: float) -> Water:
        """Return the water at ``at`` (Unix seconds); in a dry episode this is the water that should be there."""
        stretch = self._stretch
        if stretch is None or not stretch.start <= at < stretch.end:
            stretch = self._stretch = self._find_stretch(at)
        angle = (at + LOCAL_OFFSET_S) * _DAY_ANGLE
        sine = math.sin(angle)
        light = angle / _TWO_PI - DAYLIGHT_SHARE * sine / _TWO_PI - stretch.light_start
        ph, salts, level = stretch.state
        # Leaves take up carbon dioxide by day: the pH breathes, highest in the late afternoon.
        ph += stretch.ph_per_day * light - self._breathing_ph * sine
        ec = (salts - stretch.salts_per_day * light) / (level - stretch.level_per_day * light)
        since = at - stretch.start
        if since < _MIXED_AFTER_S:
            unmixed = math.exp(-since / stretch.mixing_s)
            ph += stretch.ph_jump * unmixed
            ec += stretch.ec_jump * unmixed
        return Water(ph, ec, self._temperature(at, angle))

    def signals(self, at: float) -> Signals:
        """Return what the probes put on their wires: with drift, faults, and noise that holds for a second."""
        signals = self._healthy_signals(at)
        if self._rhythm is not None and self._in_episode(at):
            return self._faulty(signals, at)
        return signals

    def report(self, at: float) -> Signals:
        """Return what an agent reads at ``at``: quantised as ADS1115 and DS18B20 do, NaN for a failed read."""
        ph_mv, ec_mv, water_c = self.signals(at)
        ph_mv = round(ph_mv / _ADC_LSB_MV) * _ADC_LSB_MV if ph_mv < _SUPPLY_MV else math.nan
        ec_mv = round(ec_mv / _ADC_LSB_MV) * _ADC_LSB_MV
        if water_c == water_c:
            water_c = round(water_c * 16.0) / 16.0
        return Signals(ph_mv, ec_mv, water_c)

    def silent_at(self, at: float) -> bool:
        """Tell whether the Pi of this tank is without power at ``at``."""
        return self.truth.character is Character.GOES_SILENT and self._in_episode(at)

    def _healthy_signals(self, at: float) -> Signals:
        truth = self.truth
        ph, ec_us_cm, water_c = self.water(at)
        noise = hash64(truth.seed, Purpose.READING, int(at))
        ph_noise = (noise & _MASK_21) * _TWO_TO_21 - 0.5
        ec_noise = (noise >> 21 & _MASK_21) * _TWO_TO_21 - 0.5
        drift_mv = self._wander_mv * math.sin(at * self._wander_angle + self._wander_phase)
        if self._ageing_mv_per_s:
            drift_mv += self._ageing_mv_per_s * ((at - self._ageing_phase) % _CLEANED_EVERY_S)
        return Signals(
            ph_board_mv(ph, water_c, truth.ph7_mv, truth.slope_mv_per_ph) + drift_mv + 2.4 * ph_noise,
            min(ec_board_mv(ec_us_cm, water_c, truth.k_factor) + 3.0 * ec_noise, TDS_BOARD_CEILING_MV),
            water_c + 0.08 * ((noise >> 42) / 4194304.0 - 0.5),
        )

    def _temperature(self, at: float, angle: float) -> float:
        weather = 0.9 * math.sin(at * _WEATHER_ANGLE) + 0.5 * math.sin(at * _FRONT_ANGLE)
        return self._heat_c + weather + self._swing_c * math.cos(angle - _WARMEST_ANGLE)

    def _faulty(self, healthy: Signals, at: float) -> Signals:
        character = self.truth.character
        if character is Character.PH_UNPLUGGED:
            return healthy._replace(ph_mv=_LOOSE_PLUG_MV)
        if character is Character.THERMOMETER_GONE:
            return healthy._replace(water_c=math.nan)
        if character is Character.EC_STUCK and self._window is not None:
            return healthy._replace(ec_mv=self._healthy_signals(self._window.fault_start).ec_mv)
        if character is Character.DRY_TANK:
            return self._in_air(healthy, at)
        return healthy

    def _in_air(self, healthy: Signals, at: float) -> Signals:
        """Return the signals of probes hanging in air: no conduction, a wandering electrode, the air's temperature."""
        sway = math.sin(at / 1700.0) + 0.6 * math.sin(at / 613.0)
        air_c = healthy.water_c + self._swing_c * math.cos((at + LOCAL_OFFSET_S) * _DAY_ANGLE - _WARMEST_ANGLE)
        return Signals(self.truth.ph7_mv + 60.0 * sway, 0.8 + 0.4 * sway, air_c)

    def _in_episode(self, at: float) -> bool:
        if self._rhythm is None:
            return False
        window = self._window
        if window is None or not window.period_start <= at < window.period_end:
            window = self._window = fault_window(self.truth.seed, self._rhythm, at)
        return window.fault_start <= at < window.fault_end

    def _find_stretch(self, at: float) -> Stretch:
        number = self._husbandry.week_number(at)
        if number != self._week_number:
            self._week, self._week_number = self._husbandry.week(number), number
        return next(stretch for stretch in reversed(self._week) if stretch.start <= at)

    def _chiller_failure_c(self) -> float:
        return 7.5 if self.truth.character is Character.HOT else 0.0

    def _ageing(self) -> tuple[float, float]:
        """Return the drift of an ageing electrode (mV/s; it reads ever lower pH) and when it was last clean."""
        if self.truth.character is not Character.PH_DRIFTS:
            return 0.0, 0.0
        seed = self.truth.seed
        ph_per_day = between(0.02, 0.05, seed, Purpose.PROBE, 7)
        phase = between(0.0, _CLEANED_EVERY_S, seed, Purpose.PROBE, 8)
        return -ph_per_day * self.truth.slope_mv_per_ph / DAY_S, phase
