from datetime import UTC, date, datetime, timedelta

import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import text

from models.errors import UnknownCrop
from models.read.fleet import fleet_frame
from models.read.targets import bands_frame, crop_names
from models.write.devices import ensure_site, plant, register_device, retire_device
from models.write.devices_seen import DeviceSeen, record_seen
from models.write.readings import ReadingRows, store_readings
from models.write.targets import set_target

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def spans(session, device_id, quantity, start=START, end=END):
    """The bands of one quantity as (day it begins, day it ends, low, high, stage)."""
    bands = bands_frame(session, device_id, start, end)
    bands = bands[bands["quantity"] == quantity]
    return [
        (f"{row.start:%m-%d %H}", f"{row.end:%m-%d %H}", row.low, row.high, row.stage) for row in bands.itertuples()
    ]


def test_a_tank_without_a_crop_keeps_to_the_generic_bands(session, device):
    bands = bands_frame(session, device.id, START, END)

    assert bands[["quantity", "low", "high", "crop", "stage"]].to_numpy().tolist() == [
        ["ph", 5.5, 6.5, "generic", "adult"],
        ["ec_us_cm", 1000.0, 2400.0, "generic", "adult"],
        ["water_c", 18.0, 26.0, "generic", "adult"],
    ]
    assert bands["start"].tolist() == [START] * 3
    assert bands["end"].tolist() == [END] * 3


@pytest.mark.parametrize("how", [{"medium": "natural"}, {"origin": "import"}])
def test_nothing_is_expected_of_a_river_or_an_imported_log(session, now, how):
    device = register_device(session, "river-1", now=now, **how)

    bands = bands_frame(session, device.id, START, END)

    assert bands.empty
    assert list(bands.columns) == ["quantity", "start", "end", "low", "high", "crop", "stage", "source"]


def test_an_imported_log_of_a_planted_tank_has_bands_while_planted(session, now):
    device = register_device(session, "log-1", origin="import", now=now)
    plant(session, device.id, "lettuce", started_at=START + timedelta(days=10), transplanted_on=date(2026, 9, 1))

    assert spans(session, device.id, "ph") == [("11-11 00", "12-01 00", 6.0, 7.0, "adult")]


def test_stages_begin_at_midnight_on_the_wall_of_the_site(session, now):
    ensure_site(session, "North", time_zone="Asia/Jakarta")
    device = register_device(session, "pi-1", site="North", now=now)
    plant(session, device.id, "lettuce", started_at=START, transplanted_on=date(2026, 11, 1))

    assert spans(session, device.id, "ec_us_cm") == [
        ("11-01 00", "11-07 17", 500.0, 1000.0, "seedling"),
        ("11-07 17", "11-21 17", 720.0, 1260.0, "young"),
        ("11-21 17", "12-01 00", 1200.0, 1800.0, "adult"),
    ]


def test_what_grows_next_takes_over_from_its_start(session, device):
    plant(session, device.id, "lettuce", started_at=START, transplanted_on=date(2026, 8, 1))
    plant(session, device.id, "basil", started_at=START + timedelta(days=5), transplanted_on=date(2026, 8, 1))

    bands = bands_frame(session, device.id, START, END)

    of_ph = bands[bands["quantity"] == "ph"]
    assert of_ph["crop"].tolist() == ["lettuce", "basil"]
    assert of_ph["end"].tolist() == [START + timedelta(days=5), END]


def test_after_the_harvest_the_generic_band_returns(session, device):
    ended_at = START + timedelta(days=9)
    plant(session, device.id, "basil", started_at=START, transplanted_on=date(2026, 8, 1), ended_at=ended_at)

    assert spans(session, device.id, "ph") == [
        ("11-01 00", "11-10 00", 5.5, 6.0, "adult"),
        ("11-10 00", "12-01 00", 5.5, 6.5, "adult"),
    ]


def test_a_new_target_does_not_rewrite_the_past(session, device):
    plant(session, device.id, "lettuce", started_at=START, transplanted_on=date(2026, 8, 1))
    change = START + timedelta(days=14)

    set_target(session, "lettuce", "adult", "ph", (5.6, 6.2), source="our trial", valid_from=change)

    assert spans(session, device.id, "ph") == [
        ("11-01 00", "11-15 00", 6.0, 7.0, "adult"),
        ("11-15 00", "12-01 00", 5.6, 6.2, "adult"),
    ]
    assert spans(session, device.id, "ph", end=change) == [("11-01 00", "11-15 00", 6.0, 7.0, "adult")]


def test_a_target_of_the_same_moment_is_corrected_not_doubled(session, device):
    for high in (6.0, 6.4):
        set_target(session, "generic", "adult", "ph", (5.0, high), source="typed again", valid_from=START)

    assert spans(session, device.id, "ph") == [("11-01 00", "12-01 00", 5.0, 6.4, "adult")]


def test_a_crop_without_targets_keeps_to_the_generic_ones(session, device):
    session.execute(text("INSERT INTO crops (key, name_en, name_id) VALUES ('rice', 'Rice', 'Padi')"))
    plant(session, device.id, "rice", started_at=START, transplanted_on=date(2026, 8, 1))

    assert bands_frame(session, device.id, START, END)["crop"].tolist() == ["generic"] * 3


def test_an_unknown_crop_cannot_be_planted(session, device):
    with pytest.raises(UnknownCrop, match="'banana'"):
        plant(session, device.id, "banana", started_at=START)


def test_the_tomato_has_its_own_stages(session, device):
    plant(session, device.id, "tomato", started_at=START, transplanted_on=date(2026, 10, 20))

    assert [row[2:] for row in spans(session, device.id, "ec_us_cm")] == [
        (800.0, 1200.0, "seedling"),
        (1500.0, 2000.0, "vegetative"),
        (2000.0, 2500.0, "flowering"),
    ]


def test_every_crop_has_a_name_in_both_languages_and_a_band_for_each_stage_and_quantity(session):
    unnamed = [key for key, names in crop_names(session).items() if not all(names)]
    without_band = session.execute(
        text(
            "SELECT g.crop_id, g.stage, q FROM growth_stages g CROSS JOIN unnest(ARRAY['ph', 'ec_us_cm', 'water_c']) q "
            "EXCEPT SELECT crop_id, stage, quantity FROM targets"
        )
    ).all()

    assert len(crop_names(session)) == 14
    assert unnamed == []
    assert without_band == []


def test_the_fleet_has_a_row_per_device_in_natural_order_with_its_newest_reading(session, now, midnight_ms):
    ensure_site(session, "North", time_zone="Asia/Jakarta")
    for name in ("pi-10", "pi-2"):
        register_device(session, name, site="North", zone="A", now=now)
    device = register_device(session, "pi-1", site="North", zone="A", now=now)
    plant(session, device.id, "lettuce", started_at=START, transplanted_on=date(2026, 8, 1))
    store_readings(session, ReadingRows.of(device.id, [midnight_ms], ph=6.1, ec_us_cm=1400.0, quality=0x911), now=now)
    record_seen(session, DeviceSeen(device.id, now, skew_ms=-120, interval_s=10, agent="0.1.0", config_damaged=True))

    fleet = fleet_frame(session, now=now)

    first = fleet.iloc[0]
    assert fleet["name"].tolist() == ["pi-1", "pi-2", "pi-10"]
    assert (first["site"], first["zone"], first["crop"], first["stage"]) == ("North", "A", "lettuce", "adult")
    assert (first["ph"], first["ec_us_cm"], first["quality"], first["skew_ms"]) == (6.1, 1400.0, 0x911, -120)
    assert (first["ts"], first["last_seen_at"]) == (datetime(2026, 11, 22, tzinfo=UTC), now)
    assert fleet["config_damaged"].tolist() == [True, False, False]
    assert (first["ph_low"], first["ph_high"], first["ec_low"], first["water_high"]) == (6.0, 7.0, 1200.0, 22.0)
    assert (first["interval_s"], fleet["interval_s"].iloc[1]) == (10.0, 60.0)
    assert fleet["ts"].isna().tolist() == [False, True, True]


def test_a_fleet_of_chosen_devices_has_their_rows_as_in_the_whole_fleet(session, device, now):
    ensure_site(session, "North", time_zone="Asia/Jakarta")
    other = register_device(session, "pi-2", site="North", zone="A", now=now)
    plant(session, other.id, "lettuce", started_at=START, transplanted_on=date(2026, 8, 1))

    chosen = fleet_frame(session, now=now, device_ids=[other.id])

    whole = fleet_frame(session, now=now).set_index("name")
    assert_frame_equal(chosen.set_index("name"), whole.loc[["pi-2"]])


def test_retired_devices_are_not_in_the_fleet(session, device, now):
    retire_device(session, "pi-1", now=now)

    assert fleet_frame(session, now=now).empty


def test_an_empty_fleet_has_all_columns(session, now):
    fleet = fleet_frame(session, now=now)

    assert fleet.shape == (0, 26)
    assert str(fleet["ts"].dtype) == "datetime64[ms, UTC]"
