"""Which readings a change of calibrations affects."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.read.calibrations import CalibrationRecord

Stretch = tuple[datetime, datetime | None]

# A drift includes the reading at the very visit that ends it.
_MOMENT = timedelta(milliseconds=1)


def affected_stretch(
    before: Sequence[CalibrationRecord], after: Sequence[CalibrationRecord], *, is_offset: bool
) -> Stretch | None:
    """Give the stretch of time whose readings come out differently; None if nothing changed.

    ``before`` and ``after`` are all visits to one probe, oldest first; ``is_offset`` tells what changed. A calibration
    holds until the next one, whatever was corrected in between, and it also ends the correction before it.
    """
    own = changed_stretch(*([one for one in some if (one.method == "offset") == is_offset] for some in (before, after)))
    among_all = changed_stretch(before, after)
    if own is None or among_all is None:
        return own or among_all
    ends = (own[1], among_all[1])
    return min(own[0], among_all[0]), None if ends[0] is None or ends[1] is None else max(ends[0], ends[1])


def changed_stretch(before: Sequence[CalibrationRecord], after: Sequence[CalibrationRecord]) -> Stretch | None:
    """Give the stretch that differs between two chains of versions, oldest first; None if they are alike.

    It begins with the first version that differs, or with the visit before it where a drift is spread back to that; it
    ends where both lists go on alike, which None says is never.
    """
    same = _alike(before, after)
    rest_before, rest_after = before[same:], after[same:]
    common = _alike(rest_before[::-1], rest_after[::-1])
    changed = [*rest_before[: len(rest_before) - common], *rest_after[: len(rest_after) - common]]
    if not changed:
        return None
    following = rest_after[len(rest_after) - common] if common else None
    starts = [one.valid_from for one in changed] + [start for one in changed if (start := _drift_start(one))]
    if same and any(one.transition == "blend" for one in (*changed, *([following] if following else []))):
        starts.append(before[same - 1].valid_from)
    # Within the drift that the following version spreads back, every reading depends on where it starts.
    return min(starts), None if following is None else following.valid_from + _MOMENT


def _alike(left: Sequence[CalibrationRecord], right: Sequence[CalibrationRecord]) -> int:
    """Count how many versions two lists have in common from their beginning."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one.id != other.id:
            break
        count += 1
    return count


def _drift_start(one: CalibrationRecord) -> datetime | None:
    start_ms = one.parameters.get("start_ms")
    return None if start_ms is None else datetime.fromtimestamp(start_ms / 1000, one.valid_from.tzinfo)
