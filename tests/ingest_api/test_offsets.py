"""Gaps between meter and probe, visit by visit; days count from an arbitrary day 0."""

import numpy as np
import pytest

from ingest_api.offsets import Check, apply_offsets

DAY_MS = 86_400_000


def check(id, day, left, found=None, *, drifts=False, since=None):
    return Check(
        id, day * DAY_MS, left, left if found is None else found, drifts, None if since is None else since * DAY_MS
    )


def recalibrated(day):
    return check(0, day, 0.0)


def gaps(checks, *days):
    ts_ms = np.array(days) * DAY_MS
    values, ids = apply_offsets(ts_ms, np.full(ts_ms.size, 6.0), checks)
    return [round(value - 6.0, 6) for value in values.tolist()], ids.tolist()


def test_a_gap_holds_from_its_visit_to_the_next_one():
    assert gaps([check(1, 10, -0.2), check(2, 14, 0.1)], 9, 10, 13, 14, 99) == (
        [0, -0.2, -0.2, 0.1, 0.1],
        [0, 1, 1, 2, 2],
    )


def test_a_probe_calibrated_anew_has_no_gap():
    assert gaps([check(1, 10, -0.2), recalibrated(12)], 11, 12, 13) == ([-0.2, 0, 0], [1, 0, 0])


def test_a_drift_grows_from_what_the_visit_before_left_to_what_is_found():
    checks = [check(1, 10, -0.1), check(2, 14, 0.0, -0.5, drifts=True)]

    assert gaps(checks, 10, 11, 12, 14, 15) == ([-0.1, -0.2, -0.3, -0.5, 0], [1, 2, 2, 2, 0])


def test_a_drift_with_a_known_beginning_starts_there():
    checks = [recalibrated(2), check(1, 14, 0.2, 0.4, drifts=True, since=10)]

    assert gaps(checks, 9, 10, 12, 14, 15) == ([0, 0, 0.2, 0.4, 0.2], [0, 0, 1, 1, 1])


@pytest.mark.parametrize("since", [None, 14])
def test_a_drift_without_any_time_to_happen_changes_nothing_before_its_visit(since):
    assert gaps([check(1, 14, 0.2, 0.4, drifts=True, since=since)], 9, 13, 15) == ([0, 0, 0.2], [0, 0, 1])


def test_a_drift_does_not_reach_back_beyond_the_visit_before():
    checks = [recalibrated(10), check(1, 14, 0.4, drifts=True, since=2)]

    assert gaps(checks, 9, 12, 14) == ([0, 0.2, 0.4], [0, 1, 1])
