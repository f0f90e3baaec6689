"""All quality tests of a span of one device's readings, combined per channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.flags import CHANNELS, Flag, FlagArray, Test, pack_flags, pack_tests, usable, worst_flags
from analytics.quality import (
    ADC_SUPPLY_MV,
    Checked,
    Verdict,
    check_ec_mv,
    check_ph_mv,
    check_single,
    combine,
    mark_suspect,
)
from analytics.quantities import Medium, Quantity
from analytics.time_limits import FLAT_MILLIVOLTS, TIME_LIMITS, FlatLimits
from analytics.time_tests import (
    after_gap,
    among_failures_test,
    attenuated_test,
    decimal_step,
    first_of_series,
    flat_line_test,
    noise_test,
    rate_of_change_test,
    spike_test,
)
from analytics.times import utc_ns

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_MILLIVOLTS = {Quantity.PH: "ph_mv", Quantity.EC: "ec_mv"}

# A pH electrode does not feel the air at once; without water the EC board shows nearly nothing.
_DRY_EC_US_CM = 30.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the readings themselves do not tell; masks of shape (n,) or nothing.

    ``near_event``: within half an hour after a dose or top-up, where a fast change is no fault. ``ph_high_mv`` is the
    highest voltage the pH channel can see. ``resolution``: the step in which a quantity's values are written;
    where it is not given it is read off the decimals of the span. ``apart_s``: several devices may be laid one behind
    the other, with such a step or a longer one between them, more than a day, and longer than any within; each is
    judged as if it were alone.
    """

    near_event: npt.ArrayLike = False
    ph_high_mv: float = ADC_SUPPLY_MV
    resolution: Mapping[Quantity, float] = field(default_factory=dict)
    apart_s: float = np.inf


def assess(
    frame: pd.DataFrame, medium: Medium, *, interval_s: float, surroundings: Surroundings | None = None
) -> pd.DataFrame:
    """Run every quality test and give values, flags and test masks of all three channels.

    Parameters
    ----------
    frame
        Shape (n, columns). Index: increasing, timezone-aware ``DatetimeIndex``. Columns, each optional: ``ph``,
        ``ec_us_cm``, ``water_c`` and the board outputs ``ph_mv``, ``ec_mv``. NaN is a failed or absent read. To
        judge a span exactly as the whole history would, give 25 h of context before it (longer for coarsely written
        values, see :meth:`analytics.time_limits.FlatLimits.for_resolution`) and three intervals after it.
    medium
        Selects the thresholds.
    interval_s
        The device's sampling interval in seconds.
    surroundings
        Masks known from elsewhere.

    Returns
    -------
    DataFrame, same index: ``ph``, ``ec_us_cm``, ``water_c`` (impossible values nulled), ``{q}_flag`` (uint8),
    ``{q}_tests`` (uint16, :class:`analytics.flags.Test`), ``quality`` (int16) and ``tests`` (int64) packed. A
    channel without its column is missing throughout. Gaps set a test bit but no flag: the value is not at fault.

    Raises
    ------
    ValueError
        If the index is unusable (see :func:`analytics.times.utc_ns`) or ``interval_s`` is not positive.
    """
    if not interval_s > 0:
        raise ValueError(f"interval_s must be positive, got {interval_s}")
    around = surroundings or Surroundings()
    stamps_s = utc_ns(frame.index) / 1e9
    checked = {
        one: _judge(_Channel(one, medium, stamps_s, _column(frame, one), _board(frame, one), interval_s), around)
        for one in CHANNELS
    }
    checked = _judge_across(frame, checked, medium)

    columns: dict[str, npt.NDArray[np.generic]] = {str(one): checked[one].values for one in CHANNELS}
    for one in CHANNELS:
        columns |= {f"{one}_flag": checked[one].flags, f"{one}_tests": checked[one].tests}
    columns["quality"] = pack_flags(*(checked[one].flags for one in CHANNELS))
    columns["tests"] = pack_tests(*(checked[one].tests for one in CHANNELS))
    return pd.DataFrame(columns, index=frame.index)


@dataclass(frozen=True, slots=True)
class _Channel:
    """One quantity as it was sent, with the output of its board (NaN where there is none)."""

    quantity: Quantity
    medium: Medium
    stamps_s: FloatArray
    values: FloatArray
    millivolts: FloatArray
    interval_s: float


def _judge(channel: _Channel, around: Surroundings) -> Checked:
    """Judge one channel by its own values and millivolts."""
    single = check_single(channel.values, channel.quantity, channel.medium)
    verdict = combine(single, _board_verdict(channel, around.ph_high_mv))
    sound = np.where(verdict.flags == Flag.FAIL, np.nan, single.values)
    impossible = (verdict.tests & np.uint16(Test.IMPOSSIBLE)) > 0
    erratic = among_failures_test(channel.stamps_s, sound, impossible, interval_s=channel.interval_s)
    verdict = _add(verdict, erratic, Test.NOISY)
    for flags, test in _time_flags(channel, sound, around):
        verdict = _add(verdict, flags, test)
    is_after_gap = after_gap(channel.stamps_s, channel.interval_s, apart_s=around.apart_s)
    gap = np.where(is_after_gap, np.uint16(Test.GAP), np.uint16(0))
    return Checked(single.values, verdict.flags, verdict.tests | gap)


def _board_verdict(channel: _Channel, ph_high_mv: float) -> Verdict:
    """Judge the board's output; a row that came as a finished value has none, and that is no fault of it."""
    is_ph = channel.quantity is Quantity.PH
    verdict = check_ph_mv(channel.millivolts, high_mv=ph_high_mv) if is_ph else check_ec_mv(channel.millivolts)
    absent = np.isnan(channel.millivolts)
    return Verdict(
        np.where(absent, np.uint8(Flag.NOT_EVALUATED), verdict.flags), np.where(absent, np.uint16(0), verdict.tests)
    )


def _time_flags(channel: _Channel, sound: FloatArray, around: Surroundings) -> list[tuple[FlagArray, Test]]:
    """Run the tests in time on the values that are not failed already."""
    at, interval_s = channel.stamps_s, channel.interval_s
    limits = TIME_LIMITS[channel.quantity, channel.medium]
    spike = spike_test(at, sound, suspect=limits.spike_suspect, fail=limits.spike_fail, interval_s=interval_s)
    found = [
        (spike, Test.SPIKE),
        (_flat(channel, sound, limits.flat, around), Test.FLAT_LINE),
        (noise_test(at, sound, limit=limits.noise, interval_s=interval_s, apart_s=around.apart_s), Test.NOISY),
    ]
    steady = np.where(usable(spike), sound, np.nan)
    if limits.rate_per_h is not None:
        rate = rate_of_change_test(at, steady, per_hour=limits.rate_per_h, interval_s=interval_s)
        found.append((np.where(around.near_event, np.uint8(Flag.NOT_EVALUATED), rate), Test.RATE_OF_CHANGE))
    if limits.attenuated is not None:
        quiet = attenuated_test(at, steady, least_range=limits.attenuated, interval_s=interval_s)
        found.append((quiet, Test.ATTENUATED))
    return found


def _flat(channel: _Channel, sound: FloatArray, limits: FlatLimits, around: Surroundings) -> FlagArray:
    """Look for a stuck signal in the millivolts where there are any: their resolution shows life sooner."""
    by_value = _flat_by_value(channel, sound, limits, around)
    millivolts = np.where(np.isnan(sound), np.nan, channel.millivolts)
    if np.isnan(millivolts).all():
        return by_value
    by_board = flat_line_test(channel.stamps_s, millivolts, limits=FLAT_MILLIVOLTS, interval_s=channel.interval_s)
    return np.where(np.isnan(millivolts), by_value, by_board)


def _flat_by_value(channel: _Channel, sound: FloatArray, limits: FlatLimits, around: Surroundings) -> FlagArray:
    """Look for a stuck signal in the values, in each series by the limits for its own resolution."""
    given = around.resolution.get(channel.quantity)
    first = first_of_series(channel.stamps_s, around.apart_s)
    starts = np.flatnonzero(first == np.arange(first.size))
    series = np.searchsorted(starts, first)
    steps = np.array([given or decimal_step(part) for part in np.split(sound, starts[1:])])
    flags = np.full(sound.size, np.uint8(Flag.MISSING))
    for step in np.unique(steps).tolist():
        stretched = limits.for_resolution(step)
        found = flat_line_test(channel.stamps_s, sound, limits=stretched, interval_s=channel.interval_s)
        flags = np.where(steps[series] == step, found, flags)
    return flags


def _judge_across(frame: pd.DataFrame, checked: dict[Quantity, Checked], medium: Medium) -> dict[Quantity, Checked]:
    """Apply what one channel says about another: EC without a good temperature, pH and EC without water."""
    ec, ph, water = checked[Quantity.EC], checked[Quantity.PH], checked[Quantity.WATER]
    has_board = np.isfinite(_column(frame, "ec_mv"))
    ec = _suspect(ec, has_board & ~usable(water.flags), Test.STALE_TEMPERATURE)
    if medium is Medium.NUTRIENT:
        dry = ec.values < _DRY_EC_US_CM
        ec, ph = _suspect(ec, dry, Test.DRY_PROBE), _suspect(ph, dry, Test.DRY_PROBE)
    return checked | {Quantity.EC: ec, Quantity.PH: ph}


def _suspect(checked: Checked, where: BoolArray, test: Test) -> Checked:
    verdict = mark_suspect(Verdict(checked.flags, checked.tests), where, test)
    return Checked(checked.values, verdict.flags, verdict.tests)


def _add(verdict: Verdict, flags: FlagArray, test: Test) -> Verdict:
    """Add one test's outcome; a test that could not run or saw no value changes nothing."""
    hit = ((flags == Flag.SUSPECT) | (flags == Flag.FAIL)) & (verdict.flags != Flag.MISSING)
    worse = np.where(hit, worst_flags(verdict.flags, flags), verdict.flags)
    return Verdict(worse, np.where(hit, verdict.tests | np.uint16(test), verdict.tests))


def _board(frame: pd.DataFrame, quantity: Quantity) -> FloatArray:
    return _column(frame, _MILLIVOLTS.get(quantity, ""))


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
