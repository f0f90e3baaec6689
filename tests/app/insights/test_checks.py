"""What each check comes to, from tanks in memory."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.compensation import Compensation
from analytics.quantities import Quantity
from analytics.units import PpmScale
from app.insights.band_checks import check_bands, check_limits, outside_since
from app.insights.findings import Apart, Creep, Heading, Lack, OtherScale, Outcome, OutOfBand, Result, Urgency
from app.insights.peer_checks import check_peers, check_scales
from app.insights.probe_checks import check_electrodes, check_temperature


def of(results: Iterable[Result], quantity: Quantity, device: str = "pi-1") -> Result:
    (result,) = [one for one in results if one.quantity is quantity and one.device == device]
    return result


class TestBands:
    def test_values_inside_their_bands_are_fine(self, make: SimpleNamespace) -> None:
        results = list(check_bands(make.scene(make.tank(1))))

        assert [one.outcome for one in results] == [Outcome.FINE] * 3

    def test_a_value_outside_is_found_with_the_time_it_left(self, make: SimpleNamespace) -> None:
        frames = make.hours(1)
        frames["ph_above_s"].iloc[-4:, 0] = [1200, 3600, 3600, 3600]

        result = of(check_bands(make.scene(make.tank(1, ph=6.9), frames=frames)), Quantity.PH)

        assert (result.outcome, result.urgency) == (Outcome.FOUND, Urgency.NOW)
        # twenty minutes before the end of the hour from 21:00
        since = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)
        assert result.evidence == OutOfBand(6.9, 5.5, 6.5, since, at_least=False)

    def test_a_value_outside_for_longer_than_is_known_says_at_least(self, make: SimpleNamespace) -> None:
        frames = make.hours(1)
        frames["ec_below_s"].iloc[:, 0] = 3600

        result = of(check_bands(make.scene(make.tank(1, ec_us_cm=700.0), frames=frames)), Quantity.EC)

        assert isinstance(result.evidence, OutOfBand)
        assert result.evidence.is_low
        assert (result.evidence.since, result.evidence.at_least) == (make.START, True)

    @pytest.mark.parametrize(
        ("changes", "lack"),
        [
            ({"ts": pd.NaT, "quality": None, "ph": np.nan}, Lack.NO_READINGS),
            ({"ts": pd.Timestamp("2026-11-22T22:00Z")}, Lack.STALE),
            ({"ph": np.nan, "quality": 0x119}, Lack.NO_READINGS),
            ({"quality": 0x113}, Lack.DOUBTFUL),
            ({"ph_low": np.nan, "ph_high": np.nan}, Lack.NO_TARGET),
        ],
    )
    def test_it_says_why_it_cannot_judge(self, make: SimpleNamespace, changes: dict[str, Any], lack: Lack) -> None:
        result = of(check_bands(make.scene(make.tank(1, **changes))), Quantity.PH)

        assert (result.outcome, result.lack) == (Outcome.UNKNOWN, lack)

    def test_a_silence_before_hides_what_was_then(self) -> None:
        starts = pd.DatetimeIndex(["2026-11-01T00Z", "2026-11-01T01Z", "2026-11-01T09Z", "2026-11-01T10Z"])
        outside = pd.Series(3600.0, index=starts)

        since, at_least = outside_since(outside, outside, starts[-1])

        assert (since, at_least) == (datetime(2026, 11, 1, 9, tzinfo=UTC), True)


class TestLimits:
    def rising(self, make: SimpleNamespace, per_hour: float, *, over: int = 30) -> dict[str, pd.DataFrame]:
        """pH at 6.3 now that has been rising over the last hours, with a little noise."""
        frames = make.hours(1)
        ramp = np.clip(np.arange(-len(make.STARTS) + 1, 1), -over, 0) * per_hour
        noise = np.random.default_rng(8).normal(0, 0.004, ramp.size)
        make.set_means(frames, "ph", 1, 6.3 + ramp + noise)
        return frames

    def test_a_rise_is_found_with_the_hours_left(self, make: SimpleNamespace) -> None:
        scene = make.scene(make.tank(1), frames=self.rising(make, 0.02))

        result = of(check_limits(scene), Quantity.PH)

        assert (result.outcome, result.urgency) == (Outcome.FOUND, Urgency.TODAY)
        assert isinstance(result.evidence, Heading)
        assert result.evidence.limit == 6.5
        # 0.2 to go at 0.02 an hour; a day's pattern of two weeks takes a little of it
        assert result.evidence.forecast.hours == pytest.approx(10, abs=2.5)

    def test_what_takes_more_than_a_day_is_no_finding(self, make: SimpleNamespace) -> None:
        scene = make.scene(make.tank(1), frames=self.rising(make, 0.005))

        result = of(check_limits(scene), Quantity.PH)

        assert result.outcome is Outcome.FINE
        assert isinstance(result.evidence, Heading)
        assert result.evidence.forecast.hours > 24

    def test_level_water_has_no_trend_to_go_on(self, make: SimpleNamespace) -> None:
        assert of(check_limits(make.scene(make.tank(1))), Quantity.PH).lack is Lack.NO_TREND

    def test_soon_after_an_intervention_nothing_can_be_said(self, make: SimpleNamespace) -> None:
        changed_at = {1: make.END - timedelta(hours=4)}
        scene = make.scene(make.tank(1), frames=self.rising(make, 0.02), changed_at=changed_at)

        assert of(check_limits(scene), Quantity.PH).lack is Lack.SINCE_EVENT

    def test_two_days_do_not_show_what_belongs_to_the_time_of_day(self, make: SimpleNamespace) -> None:
        frames = self.rising(make, 0.02)
        frames["ph_n"].iloc[:-40] = 0

        assert of(check_limits(make.scene(make.tank(1), frames=frames)), Quantity.PH).lack is Lack.SHORT_HISTORY

    def test_a_tank_without_a_site_is_judged_by_the_clock_of_utc(self, make: SimpleNamespace) -> None:
        results = list(check_limits(make.scene(make.tank(1, site_time_zone=float("nan")))))

        assert len(results) == 2

    def test_without_a_target_there_is_no_limit(self, make: SimpleNamespace) -> None:
        scene = make.scene(make.tank(1, ec_low=np.nan, ec_high=np.nan))

        assert of(check_limits(scene), Quantity.EC).lack is Lack.NO_TARGET

    def test_what_is_outside_already_is_left_to_the_check_of_bands(self, make: SimpleNamespace) -> None:
        frames = make.hours(1)
        make.set_means(frames, "ph", 1, np.full(len(make.STARTS), 6.9))

        quantities = [one.quantity for one in check_limits(make.scene(make.tank(1), frames=frames))]

        assert quantities == [Quantity.EC]


class TestPeers:
    @pytest.fixture
    def six(self, make: SimpleNamespace) -> list[dict[str, Any]]:
        return [make.tank(number) for number in range(1, 7)]

    def test_a_tank_at_the_ratio_of_two_scales_is_found(self, make: SimpleNamespace, six: list[Any]) -> None:
        frames = make.hours(6)
        make.set_means(frames, "ec", 1, np.full(len(make.STARTS), 2100.0))

        result = of(check_scales(make.scene(*six, frames=frames)), Quantity.EC)

        assert result.outcome is Outcome.FOUND
        assert isinstance(result.evidence, OtherScale)
        assert (result.evidence.sent_on, result.evidence.read_as) == (PpmScale.KCL_700, PpmScale.NACL_500)
        assert result.evidence.ratio == pytest.approx(1.4, abs=0.01)
        assert result.evidence.peers == 5

    def test_peers_that_disagree_accuse_nobody(self, make: SimpleNamespace, six: list[Any]) -> None:
        frames = make.hours(6)
        for number, level in enumerate((1000, 1200, 1400, 1700, 2000, 2400), start=1):
            make.set_means(frames, "ec", number, np.full(len(make.STARTS), level))

        assert of(check_scales(make.scene(*six, frames=frames)), Quantity.EC).lack is Lack.PEERS_DISAGREE

    def test_a_probe_that_creeps_is_found(self, make: SimpleNamespace, six: list[Any]) -> None:
        frames = make.hours(6)
        days = np.arange(len(make.STARTS)) / 24
        make.set_means(frames, "ph", 1, 6.0 - 0.03 * days)

        results = list(check_peers(make.scene(*six, frames=frames, asked=[1, 2])))

        found = of(results, Quantity.PH)
        assert isinstance(found.evidence, Creep)
        assert found.evidence.per_day == pytest.approx(-0.03, abs=0.003)
        assert found.evidence.peers == 5
        assert of(results, Quantity.PH, "pi-2").outcome is Outcome.FINE

    def test_a_value_on_its_own_is_found(self, make: SimpleNamespace, six: list[Any]) -> None:
        frames = make.hours(6)
        means = np.full(len(make.STARTS), 6.0)
        means[-5:] = 7.0
        make.set_means(frames, "ph", 1, means)

        result = of(check_peers(make.scene(*six, frames=frames)), Quantity.PH)

        assert isinstance(result.evidence, Apart)
        assert result.evidence.distance == pytest.approx(1.0, abs=0.02)

    def test_other_crops_and_imported_logs_are_no_peers(self, make: SimpleNamespace, six: list[Any]) -> None:
        six[4]["crop"], six[5]["origin"] = "basil", "import"

        results = list(check_peers(make.scene(*six)))

        assert {one.lack for one in results} == {Lack.FEW_PEERS}

    def test_a_week_is_too_little_for_a_creep(self, make: SimpleNamespace, six: list[Any]) -> None:
        frames = make.hours(6)
        frames["ph_n"].iloc[: -7 * 24] = 0

        assert of(check_peers(make.scene(*six, frames=frames)), Quantity.PH).lack is Lack.SHORT_HISTORY

    def test_where_nothing_is_planted_there_is_nobody_to_compare_with(self, make: SimpleNamespace) -> None:
        scene = make.scene(make.tank(1, crop=None, stage=None))

        assert [one.lack for one in (*check_peers(scene), *check_scales(scene))] == [Lack.NO_CROP] * 3


class TestProbes:
    def with_swing(self, make: SimpleNamespace, percent_per_c: float) -> dict[str, pd.DataFrame]:
        frames = make.hours(1)
        swing = 2 * np.sin(np.arange(len(make.STARTS)) / 24 * 2 * np.pi)
        make.set_means(frames, "water", 1, 22 + swing)
        make.set_means(frames, "ec", 1, 1500 * (1 + percent_per_c / 100 * swing))
        return frames

    def test_ec_that_follows_the_temperature_is_found(self, make: SimpleNamespace) -> None:
        scene = make.scene(make.tank(1), frames=self.with_swing(make, 2.0))

        result = of(check_temperature(scene), Quantity.EC)

        assert result.outcome is Outcome.FOUND
        assert result.evidence.verdict is Compensation.UNCOMPENSATED  # type: ignore[union-attr]

    def test_compensated_ec_is_fine_and_level_water_tells_nothing(self, make: SimpleNamespace) -> None:
        compensated = make.scene(make.tank(1), frames=self.with_swing(make, 0.1))
        level = make.hours(1)
        make.set_means(level, "water", 1, np.full(len(make.STARTS), 22.0))

        assert of(check_temperature(compensated), Quantity.EC).outcome is Outcome.FINE
        assert (
            of(check_temperature(make.scene(make.tank(1), frames=level)), Quantity.EC).lack is Lack.STEADY_TEMPERATURE
        )

    @pytest.mark.parametrize(
        ("slope", "offset", "outcome"),
        [(97.0, 5.0, Outcome.FINE), (88.0, 5.0, Outcome.FOUND), (97.0, -35.0, Outcome.FOUND)],
    )
    def test_an_electrode_is_judged_by_its_last_calibration(
        self, make: SimpleNamespace, slope: float, offset: float, outcome: Outcome
    ) -> None:
        at = pd.DatetimeIndex([make.START])
        electrodes = pd.DataFrame({"device_id": [1], "valid_from": at, "slope_percent": [slope], "offset_mv": [offset]})

        assert of(check_electrodes(make.scene(make.tank(1), electrodes=electrodes)), Quantity.PH).outcome is outcome

    def test_without_a_calibration_an_electrode_is_unknown(self, make: SimpleNamespace) -> None:
        assert of(check_electrodes(make.scene(make.tank(1))), Quantity.PH).lack is Lack.NO_CALIBRATION
