"""Times worked out afterwards."""

import pytest

from pi_reader.clock import Stamp, Trust
from pi_reader.timeline import Undated, date_readings, rfc3339, unix_ms

#: 2026-11-23T08:00:00Z
T0 = 1_795_420_800_000


def stamp(wall_ms: int, *, boot_ms: int = 0, trust: Trust | None = Trust.SYNCED) -> Stamp:
    return Stamp("boot-1", boot_ms, wall_ms, trust)


def test_reading_of_this_boot_keeps_its_distance_from_now() -> None:
    dated = date_readings([Undated(1, "boot-1", 5_000)], stamp(T0, boot_ms=65_000))

    assert [(d.ts_ms, d.trust) for d in dated] == [(T0 - 60_000, Trust.CORRECTED)]


def test_earlier_boot_ends_shortly_before_this_one_began() -> None:
    earlier = [Undated(1, "boot-0", 10_000), Undated(2, "boot-0", 70_000)]

    dated = date_readings(earlier, stamp(T0, boot_ms=100_000))

    # This boot began at T0 - 100 s; 20 s before that is the best guess for the last reading of the earlier one.
    assert [(d.ts_ms, d.trust) for d in dated] == [
        (T0 - 180_000, Trust.ESTIMATED),
        (T0 - 120_000, Trust.ESTIMATED),
    ]


def test_boots_are_placed_one_before_the_other() -> None:
    undated = [Undated(1, "boot-a", 50_000), Undated(2, "boot-b", 50_000), Undated(3, "boot-1", 10_000)]

    dated = date_readings(undated, stamp(T0, boot_ms=30_000))

    assert [d.ts_ms for d in dated] == [T0 - 60_000, T0 - 40_000, T0 - 20_000]


def test_times_stay_before_the_next_reading_that_is_already_dated() -> None:
    undated = [Undated(1, "boot-1", 10_000), Undated(2, "boot-1", 20_000)]

    dated = date_readings(undated, stamp(T0, boot_ms=20_000), ceiling_ms=T0 - 500)

    assert [d.ts_ms for d in dated] == [T0 - 10_501, T0 - 501]


def test_nothing_undated_needs_no_dates() -> None:
    assert date_readings([], stamp(T0)) == []


def test_time_is_written_as_the_server_wants_it() -> None:
    assert rfc3339(T0 + 7) == "2026-11-23T08:00:00.007Z"


@pytest.mark.parametrize("text", ["2026-11-23T08:00:00Z", "2026-11-23T15:00:00+07:00", "2026-11-23T13:45:00.000+05:45"])
def test_any_offset_names_the_same_moment(text: str) -> None:
    assert unix_ms(text) == T0


def test_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        unix_ms("2026-11-23T08:00:00")
