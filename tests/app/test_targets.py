"""Bands and plantings changed by people: what a change would do is told before, and done after."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from app.pages.targets.source import TargetSource
from app.principal import COMMAND_LINE, Principal, Role
from app.targets import (
    Band,
    NotAllowed,
    NothingChanged,
    TargetRefused,
    change_target,
    effect_of_band,
    effect_of_planting,
    empty_tanks,
    plant_crop,
)
from models.db import session_scope
from models.errors import UnknownDevice
from models.read.target_versions import plantings_frame, targets_frame
from models.read.targets import bands_frame
from models.write.devices import register_device, retire_device
from models.write.people import create_user

TODAY = datetime(2026, 11, 22, 17, tzinfo=UTC)  # midnight in Jakarta
LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)
ADULT, SEEDLING = date(2026, 9, 1), date(2026, 11, 20)
OUR_TRIAL = Band("lettuce", "adult", "ph", 5.8, 6.2, "our trial")


@pytest.fixture
def sari(session):
    return Principal(create_user(session, "sari", "agronomist", None).id, "sari", Role.AGRONOMIST)


@pytest.fixture
def farm(session, now):
    """pi-1 with adult lettuce, pi-2 with seedlings of lettuce, pi-3 with tomato, pi-4 with nothing."""
    for number, crop, day in ((1, "lettuce", ADULT), (2, "lettuce", SEEDLING), (3, "tomato", ADULT), (4, None, None)):
        register_device(session, f"pi-{number}", has_history=True, now=now)
        if crop:
            names = [f"pi-{number}"]
            plant_crop(session, names, crop, started_at=LONG_AGO, transplanted_on=day, by=COMMAND_LINE, now=now)
    session.flush()


def ph_bands(session, device_id, start, end):
    bands = bands_frame(session, device_id, start, end)
    bands = bands[bands["quantity"] == "ph"]
    return [(row.start, row.low, row.high) for row in bands.itertuples()]


def planted(session):
    frame = plantings_frame(session)
    ends = [
        None if end is None else end.date().isoformat()
        for end in frame["ended_at"].astype(object).where(frame["ended_at"].notna(), None)
    ]
    return list(zip(frame["crop"], [f"{one:%m-%d}" for one in frame["started_at"]], ends, strict=True))


@pytest.mark.usefixtures("farm")
def test_the_effect_of_a_band_names_the_tanks_of_its_stage_now_and_later(session, now):
    effect = effect_of_band(session, OUR_TRIAL, valid_from=TODAY, now=now)

    assert (effect.at_once, effect.later, effect.until) == (("pi-1",), ("pi-2",), None)


@pytest.mark.usefixtures("farm")
def test_the_generic_band_concerns_tanks_without_a_crop(session, now):
    generic = Band("generic", "adult", "ph", 5.0, 6.0, "our trial")

    assert effect_of_band(session, generic, valid_from=TODAY, now=now).at_once == ("pi-4",)
    retire_device(session, "pi-4", now=now)
    assert effect_of_band(session, generic, valid_from=TODAY, now=now).at_once == ()


@pytest.mark.usefixtures("farm")
def test_a_band_with_the_same_numbers_changes_no_tank(session, now):
    same = Band("lettuce", "adult", "ph", 6.0, 7.0, "confirmed by our trial")

    assert change_target(session, same, valid_from=TODAY, by=COMMAND_LINE, now=now) == 0


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize("days", [0, 3])
def test_the_very_same_band_is_no_new_version(session, now, days):
    change_target(session, OUR_TRIAL, valid_from=TODAY, by=COMMAND_LINE, now=now)
    before = len(targets_frame(session, crop="lettuce"))
    again = Band("lettuce", "adult", "ph", 5.8, 6.2, " our trial ")

    for ask in (effect_of_band, lambda *args, **when: change_target(*args, by=COMMAND_LINE, **when)):
        with pytest.raises(NothingChanged, match=r"keeps ph between 5.8 and 6.2 at 2026-11-2\d 17:00 UTC already"):
            ask(session, again, valid_from=TODAY + timedelta(days=days), now=now)

    assert len(targets_frame(session, crop="lettuce")) == before


@pytest.mark.usefixtures("farm")
def test_the_same_band_may_be_set_for_the_time_before_it_held(session, now):
    change_target(session, OUR_TRIAL, valid_from=TODAY, by=COMMAND_LINE, now=now)
    earlier = TODAY - timedelta(days=5)

    assert change_target(session, OUR_TRIAL, valid_from=earlier, by=COMMAND_LINE, now=now) == 1


@pytest.mark.usefixtures("farm")
def test_an_earlier_version_ends_where_a_later_one_begins(session, now):
    change_target(session, OUR_TRIAL, valid_from=TODAY, by=COMMAND_LINE, now=now)

    effect = effect_of_band(session, OUR_TRIAL, valid_from=TODAY - timedelta(days=5), now=now)

    assert (effect.at_once, effect.until) == (("pi-1",), TODAY)


@pytest.mark.usefixtures("farm")
def test_a_changed_band_holds_from_its_day_on_and_is_on_record(session, now, sari):
    assert change_target(session, OUR_TRIAL, valid_from=TODAY, by=sari, now=now) == 2

    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    assert ph_bands(session, 1, yesterday, tomorrow) == [(yesterday, 6.0, 7.0), (TODAY, 5.8, 6.2)]
    newest = targets_frame(session, crop="lettuce").dropna(subset="author").iloc[0]
    assert newest[["low", "high", "source", "author"]].tolist() == [5.8, 6.2, "our trial", "sari"]
    entry = session.execute(text("SELECT actor, object_id, details->>'tanks' FROM audit_log WHERE action='set-target'"))
    assert entry.all() == [("sari", "lettuce", "2")]


@pytest.mark.usefixtures("farm")
def test_the_effect_of_planting_counts_what_would_end(session):
    effect = effect_of_planting(session, ["pi-1", "pi-2", "pi-3", "pi-4"], started_at=TODAY)

    assert (effect.ends, effect.untouched) == ({"lettuce": 2, "tomato": 1}, 1)


@pytest.mark.usefixtures("farm")
def test_many_tanks_are_planted_at_once_and_what_grew_there_ends(session, now, sari):
    plant_crop(session, ["pi-3", "pi-4"], "basil", started_at=TODAY, transplanted_on=SEEDLING, by=sari, now=now)

    assert planted(session) == [
        ("lettuce", "09-01", None),
        ("lettuce", "09-01", None),
        ("tomato", "09-01", "2026-11-22"),
        ("basil", "11-22", None),
        ("basil", "11-22", None),
    ]


@pytest.mark.usefixtures("farm")
def test_planting_again_for_the_same_day_corrects_a_slip(session, now, sari):
    for crop in ("basil", "mint"):
        plant_crop(session, ["pi-4"], crop, started_at=TODAY, transplanted_on=SEEDLING, by=sari, now=now)

    assert planted(session)[3:] == [("mint", "11-22", None)]


@pytest.mark.usefixtures("farm")
def test_a_planting_of_the_past_ends_where_the_next_one_began(session, now, sari):
    earlier = TODAY - timedelta(days=20)
    plant_crop(session, ["pi-4"], "basil", started_at=TODAY, transplanted_on=SEEDLING, by=sari, now=now)

    plant_crop(session, ["pi-4"], "kale", started_at=earlier, transplanted_on=ADULT, by=sari, now=now)

    assert planted(session)[3:] == [("kale", "11-02", "2026-11-22"), ("basil", "11-22", None)]


@pytest.mark.usefixtures("farm")
def test_after_the_harvest_the_generic_band_holds(session, now, sari):
    empty_tanks(session, ["pi-1"], ended_at=TODAY, by=sari, now=now)

    tomorrow = TODAY + timedelta(days=1)
    assert ph_bands(session, 1, TODAY - timedelta(days=1), tomorrow)[1:] == [(TODAY, 5.5, 6.5)]


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize("person", [None, Principal(8, "budi", Role.VIEWER)])
def test_who_may_only_look_changes_nothing(session, now, person):
    with pytest.raises(NotAllowed, match="ask an administrator"):
        change_target(session, OUR_TRIAL, valid_from=TODAY, by=person, now=now)
    with pytest.raises(NotAllowed):
        plant_crop(session, ["pi-4"], "basil", started_at=TODAY, transplanted_on=ADULT, by=person, now=now)
    with pytest.raises(NotAllowed):
        empty_tanks(session, ["pi-1"], ended_at=TODAY, by=person, now=now)

    assert len(planted(session)) == 3


@pytest.mark.usefixtures("farm")
def test_a_band_that_would_not_be_taken_has_no_effect_to_tell(session, now):
    with pytest.raises(TargetRefused, match="low must be below high"):
        effect_of_band(session, Band("lettuce", "adult", "ph", 7.0, 6.0, "x"), valid_from=TODAY, now=now)
    with pytest.raises(TargetRefused, match="a band needs a source"):
        effect_of_band(session, Band("lettuce", "adult", "ph", 5.0, 6.0, " "), valid_from=TODAY, now=now)


@pytest.mark.usefixtures("farm")
def test_one_unknown_tank_stops_the_planting_of_all(session, now, sari):
    with pytest.raises(UnknownDevice, match="'pi-9'"):
        plant_crop(session, ["pi-4", "pi-9"], "basil", started_at=TODAY, transplanted_on=ADULT, by=sari, now=now)

    assert len(planted(session)) == 3


def test_the_page_opens_with_the_crop_that_most_tanks_grow(engine, now):
    source = TargetSource(engine)
    assert source.most_grown(now) == "generic"
    with session_scope(engine) as session:
        for name, crop in (("pi-1", "tomato"), ("pi-2", "lettuce"), ("pi-3", "lettuce"), ("pi-4", None)):
            register_device(session, name, has_history=True, now=now)
            if crop:
                plant_crop(session, [name], crop, started_at=LONG_AGO, transplanted_on=ADULT, by=COMMAND_LINE, now=now)

    assert source.most_grown(now) == "lettuce"
