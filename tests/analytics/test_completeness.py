import numpy as np
import pytest

from analytics.completeness import completeness

MINUTE = 60_000
DAY = 86_400_000


def test_a_steady_history_is_complete() -> None:
    found = completeness(np.arange(10) * MINUTE)

    assert (found.arrived, found.expected, found.share, found.pace_s) == (10, 10, 1.0, 60.0)
    assert found.missing.size == 0


def test_a_silence_lacks_as_many_readings_as_fit_into_it() -> None:
    # Minutes 0 1 2 3, then 9: 4 to 8 are missing; 10 and 11 come again, 13 lacks one.
    found = completeness(np.array([0, 1, 2, 3, 9, 10, 11, 13]) * MINUTE)

    assert found.missing.tolist() == [5, 1]
    assert found.after_ms.tolist() == [3 * MINUTE, 11 * MINUTE]
    assert found.before_ms.tolist() == [9 * MINUTE, 13 * MINUTE]
    assert (found.arrived, found.expected) == (8, 14)
    assert found.share == pytest.approx(8 / 14)


def test_a_reading_that_is_a_little_late_is_not_missing() -> None:
    assert completeness(np.array([0, 60_000, 145_000, 205_000])).missing.size == 0


def test_a_changed_interval_is_measured_by_what_was_kept_at_the_time() -> None:
    # A day of every five minutes, then a day of every minute.
    slow, fast = np.arange(288) * 5 * MINUTE, DAY + np.arange(1440) * MINUTE

    assert completeness(np.concatenate([slow, fast])).share == 1.0


def test_one_reading_and_none_have_no_pace() -> None:
    one, none = completeness([5]), completeness([])

    assert (one.arrived, one.expected) == (1, 1)
    assert np.isnan(one.pace_s)
    assert np.isnan(none.share)


def test_stamps_that_repeat_are_refused() -> None:
    with pytest.raises(ValueError, match="repeat or go backwards"):
        completeness([0, 0])
