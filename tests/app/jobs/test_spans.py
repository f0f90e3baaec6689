"""Which hours are computed when some are dirty."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from app.jobs.spans import Span, sampling_interval_s, spans_to_compute

DAY = timedelta(days=1)


def hours(*texts):
    return pd.Series(pd.DatetimeIndex(texts, tz="UTC"))


def at(day, hour):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_nothing_dirty_asks_for_nothing():
    assert spans_to_compute(hours(), reach=DAY) == []


def test_a_dirty_hour_reaches_back_over_the_longest_hold_and_forward_over_the_tests():
    assert spans_to_compute(hours("2026-11-10 05:00"), reach=DAY) == [Span(at(10, 2), at(11, 6))]


def test_what_touches_is_computed_in_one_go():
    spans = spans_to_compute(hours("2026-11-10 05:00", "2026-11-11 09:00", "2026-11-13 00:00"), reach=DAY)

    assert spans == [Span(at(10, 2), at(12, 10)), Span(at(12, 21), at(14, 1))]


@pytest.mark.parametrize(
    ("span", "days"),
    [
        (Span(at(10, 5), at(10, 6)), Span(at(10, 0), at(11, 0))),
        (Span(at(10, 0), at(11, 0)), Span(at(10, 0), at(11, 0))),
        (Span(at(10, 23), at(11, 1)), Span(at(10, 0), at(12, 0))),
    ],
)
def test_the_days_of_a_span_are_whole(span, days):
    assert span.days == days


@pytest.mark.parametrize(
    ("steps_s", "asked_s", "interval_s"),
    [
        ([], 60, 60),
        ([300, 300], 60, 60),
        ([300, 300, 299.6, 301, 4000], 60, 300),
        ([10, 10, 10], 60, 60),
        ([7200, 7200, 7200], 60, 3600),
    ],
)
def test_the_interval_is_the_usual_step_but_no_less_than_asked_for(steps_s, asked_s, interval_s):
    ts_ms = np.concatenate([[0], np.cumsum(steps_s)]) * 1000

    assert sampling_interval_s(ts_ms, asked_s) == interval_s
