"""Flags of a span of stored readings: every test that looks at neighbours, joined with what was known on arrival."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.assess import Surroundings, assess
from analytics.flags import CHANNELS, Test, TestArray, pack_flags, pack_tests, unpack_flags, unpack_tests
from analytics.quality import Verdict, mark_told
from analytics.quantities import Medium, Quantity
from analytics.time_limits import TIME_LIMITS
from analytics.time_tests import decimal_step
from models.read.overrides import OverrideRow

#: What has to be read for judging.
COLUMNS = ("ph", "ec_us_cm", "water_c", "ph_mv", "ec_mv", "quality", "tests")

# The longest look back of a test with fixed limits: the day of the attenuated-signal test.
_DAY = timedelta(days=1)
_LONGEST_REACH = timedelta(days=15)
_GAP = np.uint16(Test.GAP)


def resolutions(
    frame: pd.DataFrame | Mapping[str, npt.NDArray[np.float64]], extremes: pd.DataFrame | None = None
) -> dict[Quantity, float]:
    """Tell in which decimal step each quantity is written.

    A sensor that is stuck at 8.0 looks like one that knows only whole numbers, so the step is read off the readings
    and off the hourly ``extremes`` of a longer time (columns ``{quantity}_min`` and ``{quantity}_max``).
    """
    columns = {quantity: [np.asarray(frame[quantity])] for quantity in CHANNELS}
    if extremes is not None:
        for quantity, parts in columns.items():
            parts += [extremes[f"{quantity}_{edge}"].to_numpy() for edge in ("min", "max")]
    return {quantity: decimal_step(np.concatenate(parts)) for quantity, parts in columns.items()}


def reach_of(medium: Medium, steps: Mapping[Quantity, float]) -> timedelta:
    """Tell how far back the tests of one reading look: what is judged needs so much history before it."""
    flat = [TIME_LIMITS[one, medium].flat.for_resolution(steps.get(one, 0.0)).fail_s for one in CHANNELS]
    return min(max(_DAY, timedelta(seconds=max(flat))) + timedelta(hours=1), _LONGEST_REACH)


def judge(
    frame: pd.DataFrame,
    medium: Medium,
    *,
    interval_s: float,
    steps: Mapping[Quantity, float],
    near_event: npt.ArrayLike = False,
    overrides: Sequence[OverrideRow] = (),
    apart_s: float = np.inf,
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
    """Give packed flags and tests for every reading of ``frame`` (the columns of :data:`COLUMNS`).

    A channel without a value keeps what was said of it on arrival: why there is none is not to be seen any more. So
    does one whose probe was being handled, or whose samples lay far apart. What a person said of a value outranks every
    test; the tests that spoke stay on record beside ``OVERRIDE``. Of overlapping ``overrides`` the last one counts. A
    step of ``apart_s`` leads to another device.
    """
    known_flags, known_tests = unpack_flags(frame["quality"]), unpack_tests(frame["tests"])
    around = Surroundings(near_event=near_event, resolution=steps, apart_s=apart_s)
    judged = assess(_with_impossible(frame, known_tests), medium, interval_s=interval_s, surroundings=around)
    flags, tests = [], []
    for quantity, known_flag, known_test in zip(CHANNELS, known_flags, known_tests, strict=True):
        has_value = frame[quantity].notna().to_numpy()
        test = judged[f"{quantity}_tests"].to_numpy()
        verdict = Verdict(
            np.where(has_value, judged[f"{quantity}_flag"], known_flag),
            np.where(has_value, test, (known_test & ~_GAP) | (test & _GAP)),
        )
        verdict = mark_told(verdict, known_test)
        for override in overrides:
            if override.quantity == quantity:
                verdict = _overruled(verdict, has_value & _within(frame, override), override.flag)
        flags.append(verdict.flags)
        tests.append(verdict.tests)
    return pack_flags(*flags), pack_tests(*tests)


def _overruled(verdict: Verdict, where: npt.NDArray[np.bool_], flag: int) -> Verdict:
    override = np.where(where, np.uint16(Test.OVERRIDE), np.uint16(0))
    return Verdict(np.where(where, np.uint8(flag), verdict.flags), verdict.tests | override)


def _within(frame: pd.DataFrame, override: OverrideRow) -> npt.NDArray[np.bool_]:
    return np.asarray((frame.index >= override.start_at) & (frame.index < override.end_at))


def _with_impossible(frame: pd.DataFrame, known_tests: Sequence[TestArray]) -> pd.DataFrame:
    """Put an impossible number back where one was taken out: what stands between such readings is doubted, too."""
    columns = {}
    for quantity, known in zip(CHANNELS, known_tests, strict=True):
        values = frame[quantity].to_numpy()
        taken_out = np.isnan(values) & ((known & Test.IMPOSSIBLE) != 0)
        if taken_out.any():
            columns[str(quantity)] = np.where(taken_out, np.inf, values)
    return frame.assign(**columns) if columns else frame


def mark_gaps(tests: npt.NDArray[np.int64], rows: Sequence[int]) -> None:
    """Mark readings as the first after a silence, in all channels."""
    tests[list(rows)] |= pack_tests(*([int(Test.GAP)] for _ in CHANNELS))[0]
