"""The simulated greenhouse: repeatable, seamless, physically right and worth an agronomist's look."""

import math
import subprocess
import sys
from statistics import mean

import pytest

from pi_reader.simulated.episodes import RHYTHMS, fault_window
from pi_reader.simulated.husbandry import Husbandry, light_days
from pi_reader.simulated.truth import Character, tank_truth
from pi_reader.simulated.water import Tank

T0 = 1_795_400_000.0
DAY = 86400.0
HEALTHY = [seed for seed in range(1, 100) if tank_truth(seed).character is Character.HEALTHY]


def seeds_of(character: Character) -> list[int]:
    return [seed for seed in range(1, 100) if tank_truth(seed).character is character]


def middle_of_fault(seed: int, at: float = T0) -> float:
    window = fault_window(seed, RHYTHMS[tank_truth(seed).character], at)
    return (window.fault_start + window.fault_end) / 2


def test_another_process_computes_the_same_water() -> None:
    program = (
        "from pi_reader.simulated.water import Tank\n"
        "print([tuple(Tank(seed).report(1795400123.0)) for seed in (1, 50)])"
    )

    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert there.strip() == repr([tuple(Tank(seed).report(1795400123.0)) for seed in (1, 50)])


def test_order_of_questions_does_not_change_the_answers() -> None:
    times = [T0 + hour * 3600 for hour in range(0, 24 * 30, 7)]
    forwards, backwards = Tank(4), Tank(4)

    upward = [forwards.report(at) for at in times]
    downward = [backwards.report(at) for at in reversed(times)]

    assert upward == downward[::-1]


def test_board_voltages_give_back_the_truth_by_the_published_formulas() -> None:
    # Independent of the simulator's inverse: the vendor's cubic and the two-point pH line, written out here.
    for seed in HEALTHY[:20]:
        tank, truth = Tank(seed), tank_truth(seed)
        at = T0 + seed * 5000.0
        water, wires = tank.water(at), tank.signals(at)
        volts = wires.ec_mv / 1000
        ec_at_sample = (133.42 * volts**3 - 255.86 * volts**2 + 857.39 * volts) * truth.k_factor
        ec_us_cm = ec_at_sample / (1 + 0.02 * (wires.water_c - 25))
        slope = truth.slope_mv_per_ph * (wires.water_c + 273.15) / 298.15
        ph = 7 + (wires.ph_mv - truth.ph7_mv) / slope

        # Noise of +-1.5 mV is about +-2 µS/cm; drift of up to 4 mV is about 0.03 pH.
        assert ec_us_cm == pytest.approx(water.ec_us_cm, abs=4.0)
        assert ph == pytest.approx(water.ph, abs=0.04)


@pytest.mark.parametrize(("ec_us_cm", "mv"), [(381.4, 500.0), (734.95, 1000.0), (1160.7, 1500.0), (1758.7, 2000.0)])
def test_tds_board_follows_the_vendor_cubic_at_25_degrees(ec_us_cm: float, mv: float) -> None:
    from pi_reader.simulated.probes import ec_board_mv

    assert ec_board_mv(ec_us_cm, 25.0, 1.0) == pytest.approx(mv, abs=0.1)


def test_tds_board_ends_at_2300_mv() -> None:
    from pi_reader.simulated.probes import ec_board_mv

    assert ec_board_mv(3000.0, 25.0, 1.0) == 2300.0


def test_colder_water_conducts_less() -> None:
    from pi_reader.simulated.probes import ec_board_mv

    # 734.95 µS/cm at sample temperature, seen at 20 °C, is 816.6 µS/cm at 25 °C.
    assert ec_board_mv(816.61, 20.0, 1.0) == pytest.approx(1000.0, abs=0.1)


def test_ph_board_gives_1500_mv_at_ph_7_and_2032_mv_at_ph_4() -> None:
    from pi_reader.simulated.probes import ph_board_mv

    assert ph_board_mv(7.0, 18.0, 1500.0, -177.48) == 1500.0
    assert ph_board_mv(4.0, 25.0, 1500.0, -177.48) == pytest.approx(2032.44, abs=0.01)


def test_healthy_tanks_stay_where_crops_grow() -> None:
    for seed in HEALTHY:
        tank = Tank(seed)
        for step in range(60):
            water = tank.water(T0 + step * 40_000.0)
            assert 5.5 < water.ph < 6.6
            assert 1100 < water.ec_us_cm < 2100
            assert 16.5 < water.water_c < 27.5


def test_water_is_warmer_in_the_afternoon_than_before_dawn() -> None:
    dawn = 1_795_456_800.0  # 2026-11-23T18:00:00Z is 01:00 in the greenhouse (UTC+7)
    tank = Tank(1)

    nights = [tank.water(dawn + day * DAY + 3 * 3600).water_c for day in range(10)]
    afternoons = [tank.water(dawn + day * DAY + 14.5 * 3600).water_c for day in range(10)]

    assert mean(afternoons) - mean(nights) > 2.0


def test_ph_climbs_between_doses_and_is_brought_down_in_steps() -> None:
    husbandry = Husbandry(tank_truth(1))
    week = husbandry.week(husbandry.week_number(T0))

    assert all(0.05 < stretch.ph_per_day < 0.35 for stretch in week)
    assert sum(stretch.ph_jump > 0.15 for stretch in week) >= 2


def test_ec_steps_up_with_doses_and_down_with_top_ups() -> None:
    husbandry = Husbandry(tank_truth(1))
    weeks = [husbandry.week(husbandry.week_number(T0) + number) for number in range(4)]
    jumps = [stretch.ec_jump for week in weeks for stretch in week]

    assert sum(-220 < jump < -20 for jump in jumps) >= 4
    assert sum(20 < jump < 120 for jump in jumps) >= 8


def test_top_up_brings_water_and_the_little_salt_of_the_tap() -> None:
    husbandry = Husbandry(tank_truth(1))
    week = husbandry.week(husbandry.week_number(T0))
    # Afternoon looks are the odd ones; plain water holds 140 µS/cm.
    topped_up = [
        (old.at_end(), new.state) for old, new in zip(week[0::2], week[1::2], strict=True) if new.state.level == 1
    ]

    assert len(topped_up) >= 3
    for before, after in topped_up:
        assert after.salts - before.salts == pytest.approx((1 - before.level) * 140, abs=1e-6)
        assert after.ph == before.ph


def test_dose_mixes_in_over_minutes() -> None:
    husbandry = Husbandry(tank_truth(1))
    dose = next(s for s in husbandry.week(husbandry.week_number(T0)) if s.ph_jump > 0.15)
    tank = Tank(1)

    before, early, late = (tank.water(dose.start + s).ph for s in (-1.0, 60.0, 3000.0))

    assert before - early < 0.3 * dose.ph_jump
    assert before - late > 0.8 * dose.ph_jump


def test_water_has_no_seam_where_one_week_meets_the_next() -> None:
    for seed in HEALTHY[:10]:
        husbandry = Husbandry(tank_truth(seed))
        seam = husbandry.week(husbandry.week_number(T0))[-1].end
        before, after = Tank(seed).water(seam - 0.5), Tank(seed).water(seam + 0.5)

        assert after.ph == pytest.approx(before.ph, abs=0.005)
        assert after.ec_us_cm == pytest.approx(before.ec_us_cm, abs=3.0)


def test_stretches_of_a_week_leave_no_gap() -> None:
    husbandry = Husbandry(tank_truth(1))
    this, following = husbandry.week(3000), husbandry.week(3001)

    ends = [stretch.end for stretch in this]

    assert ends == [stretch.start for stretch in [*this[1:], following[0]]]


def test_light_grows_by_one_a_day() -> None:
    assert light_days(T0 + DAY) - light_days(T0) == pytest.approx(1.0, abs=1e-6)


def test_neglected_acid_leaves_the_band() -> None:
    seed = seeds_of(Character.PH_HIGH)[0]

    assert all(Tank(seed).water(T0 + hour * 3600).ph > 6.9 for hour in range(24 * 14))


def test_failed_chiller_overheats() -> None:
    seed = seeds_of(Character.HOT)[0]

    assert mean(Tank(seed).water(T0 + hour * 3600).water_c for hour in range(24 * 14)) > 27


def test_too_strong_tank_sits_at_the_probe_ceiling() -> None:
    seed = seeds_of(Character.EC_CEILING)[0]

    assert max(Tank(seed).report(T0 + hour * 3600).ec_mv for hour in range(24 * 7)) == 2300.0


def test_ageing_electrode_drifts_0_02_to_0_05_ph_a_day() -> None:
    for seed in seeds_of(Character.PH_DRIFTS):
        tank, truth = Tank(seed), tank_truth(seed)

        def error_ph(
            at: float, tank: Tank = tank, slope: float = truth.slope_mv_per_ph, zero: float = truth.ph7_mv
        ) -> float:
            water, wires = tank.water(at), tank.signals(at)
            return 7 + (wires.ph_mv - zero) / (slope * (water.water_c + 273.15) / 298.15) - water.ph

        steps = [error_ph(T0 + (day + 1) * DAY) - error_ph(T0 + day * DAY) for day in range(20)]
        # The median day: one of the twenty may be the day of cleaning.
        assert -0.06 < sorted(steps)[10] < -0.01


def test_loose_plug_reads_as_a_failed_channel() -> None:
    seed = seeds_of(Character.PH_UNPLUGGED)[0]
    report = Tank(seed).report(middle_of_fault(seed))

    assert math.isnan(report.ph_mv)
    assert not math.isnan(report.ec_mv)


def test_missing_thermometer_reads_as_a_failed_channel() -> None:
    seed = seeds_of(Character.THERMOMETER_GONE)[0]

    assert math.isnan(Tank(seed).report(middle_of_fault(seed)).water_c)


def test_stuck_board_repeats_one_value() -> None:
    seed = seeds_of(Character.EC_STUCK)[0]
    middle = middle_of_fault(seed)

    assert len({Tank(seed).report(middle + minute * 60).ec_mv for minute in range(60)}) == 1


def test_dry_tank_does_not_conduct() -> None:
    seed = seeds_of(Character.DRY_TANK)[0]

    assert 0 <= Tank(seed).report(middle_of_fault(seed)).ec_mv < 5


def test_pi_without_power_is_silent_only_during_its_fault() -> None:
    seed = seeds_of(Character.GOES_SILENT)[0]
    window = fault_window(seed, RHYTHMS[Character.GOES_SILENT], T0)
    tank = Tank(seed)

    assert [tank.silent_at(at) for at in (window.fault_start - 1, window.fault_start, window.fault_end)] == [
        False,
        True,
        False,
    ]


def test_most_of_a_fleet_is_healthy_and_every_character_appears() -> None:
    characters = [tank_truth(seed).character for seed in range(1, 100)]

    assert set(characters) == set(Character)
    assert characters.count(Character.HEALTHY) == 83


def test_seed_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="seed 0 is not a tank"):
        tank_truth(0)


def test_raw_values_never_stand_still_in_a_healthy_tank() -> None:
    # A flat-line test on raw millivolts must not find healthy probes.
    tank = Tank(1)

    assert len({tank.report(T0 + 10 * step).ph_mv for step in range(180)}) > 10
