"""What happened to a tank: marks, words, list and form, from events made by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component

from analytics.look import LIGHT
from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.pages.device.events.form import Fields, NothingTold, event_told, fields_of
from app.pages.device.events.history import history
from app.pages.device.events.lane import SYMBOLS, lane_marks, lane_trace
from app.pages.device.events.listing import event_list, turned
from app.pages.device.events.tank_event import TankEvent, calibration_event, key_of, key_text
from app.pages.device.events.words import hover_text, kind_name, size_text, source_text
from app.pages.device.period import Period
from app.pages.device.source import CalibrationMark
from models.write.events import EventRow

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # 01:00 of the 23rd in Jakarta
JAKARTA = ZoneInfo("Asia/Jakarta")
PPM = ConductivityUnit.PPM_500
DAY = timedelta(days=1)
DOSE = TankEvent(
    "dose", AT, AT + timedelta(minutes=10), ec_change=210.0, ph_change=-0.3, confidence=0.93, was_detected=True
)
NOTE = TankEvent("note", AT, AT, is_told=True, author="sari", note="pump was off")


def words_in(component: Any) -> str:
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(words_in, component)))
    return words_in(component.children) if isinstance(component, Component) else str(component or "")


def dose_at(hours: float) -> TankEvent:
    return replace(DOSE, started_at=AT + timedelta(hours=hours), ended_at=AT + timedelta(hours=hours))


class TestLane:
    def test_events_far_apart_keep_their_own_marks(self) -> None:
        marks = lane_marks([dose_at(0), dose_at(1)], DAY, narrow=False)

        assert [len(mark.events) for mark in marks] == [1, 1]

    def test_events_that_would_cover_each_other_become_one_mark_between_them(self) -> None:
        (mark,) = lane_marks([dose_at(0), dose_at(0.2)], DAY, narrow=False)

        assert len(mark.events) == 2
        assert mark.at == AT + timedelta(minutes=6)

    def test_the_middle_of_a_joined_mark_keeps_its_distance_from_the_next(self) -> None:
        # A place is 24 h / 56 = 0.43 h; the first two alone would be marked at 0.2 h, the third at 0.44 h.
        (mark,) = lane_marks([dose_at(0), dose_at(0.4), dose_at(0.44)], DAY, narrow=False)

        assert len(mark.events) == 3

    def test_a_small_screen_joins_sooner(self) -> None:
        assert len(lane_marks([dose_at(0), dose_at(1)], DAY, narrow=True)) == 1

    def test_a_year_of_events_is_counts(self) -> None:
        doses = [dose_at(24 * 365 / 2000 * count) for count in range(2000)]

        marks = lane_marks(doses, timedelta(days=365), narrow=False)

        assert len(marks) <= 56
        assert sum(len(mark.events) for mark in marks) == 2000

    def test_a_mark_has_the_shape_of_its_kind_and_a_joined_one_its_number(self) -> None:
        acid = replace(DOSE, kind="acid", started_at=AT + timedelta(hours=12))
        marks = lane_marks([dose_at(0), dose_at(0.2), acid], DAY, narrow=False)

        trace = lane_trace(marks, colors=LIGHT, unit=PPM, zone=JAKARTA, name="What happened")

        assert trace["marker"]["symbol"] == ["circle", "triangle-down-open"]
        assert trace["text"] == ["2", ""]

    def test_no_two_kinds_look_alike_but_the_calibrations(self) -> None:
        shapes = [shape for kind, shape in SYMBOLS.items() if not kind.endswith("calibration")]

        assert len(set(shapes)) == len(shapes) == 9

    def test_few_joined_events_are_told_one_by_one_and_many_by_kind(self) -> None:
        few = lane_marks([dose_at(0), dose_at(0.1)], DAY, narrow=False)
        many = lane_marks(
            [*(dose_at(0.05 * count) for count in range(5)), replace(NOTE, started_at=AT)], DAY, narrow=False
        )

        told = [lane_trace(one, colors=LIGHT, unit=PPM, zone=JAKARTA, name="")["customdata"] for one in (few, many)]

        assert told[0][0].count("<br>") == 1
        assert told[1] == ["6 events: 5 × Dose, 1 × Note"]


class TestWords:
    def test_a_size_is_in_the_readers_unit_with_its_sign(self) -> None:
        assert size_text(DOSE, PPM) == "+105 ppm (500), pH −0.30"
        assert size_text(DOSE, ConductivityUnit.MS_CM) == "+0.21 mS/cm, pH −0.30"
        assert size_text(NOTE, PPM) == ""

    def test_it_is_said_who_knows_of_an_event(self) -> None:
        assert source_text(DOSE) == "found in the readings, confidence 0.93"
        assert source_text(replace(DOSE, is_told=True, author="sari")) == "found in the readings, checked by sari"
        assert source_text(NOTE) == "sari"

    def test_a_note_cannot_bring_markup_into_the_figure(self) -> None:
        assert "<b>" not in hover_text(replace(NOTE, note="<b>bold"), PPM, "Asia/Jakarta")

    def test_every_kind_has_a_name_and_a_shape(self) -> None:
        assert all(kind_name(kind) for kind in SYMBOLS)


class TestList:
    def test_it_begins_with_the_newest_and_is_bounded(self) -> None:
        first = turned([dose_at(hour) for hour in range(20)], 0)

        assert (first.first, first.last, first.total) == (1, 8, 20)
        assert first.events[0].started_at == AT + timedelta(hours=19)

    def test_turning_too_far_gives_the_last_page(self) -> None:
        last = turned([dose_at(hour) for hour in range(20)], 9)

        assert (last.first, last.last) == (17, 20)

    def test_an_empty_period_says_so(self) -> None:
        assert turned([], 0).total == 0
        assert words_in(event_list([], unit=PPM, zone="Asia/Jakarta", may_edit=True)) == (
            "Nothing is known to have happened in this period."
        )

    @pytest.mark.parametrize(
        ("event", "buttons"),
        [
            (DOSE, "Confirm Edit Not an event"),
            (NOTE, "Edit Delete"),
            (replace(DOSE, is_hidden=True), "Bring back"),
            (calibration_event(AT, Quantity.PH, "budi"), "Calibrate"),
        ],
    )
    def test_each_event_offers_what_can_be_done_with_it(self, event: TankEvent, buttons: str) -> None:
        row = event_list([event], unit=PPM, zone="Asia/Jakarta", may_edit=True)

        assert words_in(row).endswith(buttons)

    def test_who_may_only_look_gets_no_buttons(self) -> None:
        row = event_list([DOSE], unit=PPM, zone="Asia/Jakarta", may_edit=False)

        assert words_in(row).endswith("found in the readings, confidence 0.93")


class TestForm:
    def test_it_tells_an_event_on_the_clock_of_the_site_in_canonical_units(self) -> None:
        fields = Fields("dose", "2026-11-23 01:00:00", ec="105", ph="−0,3", note="  A and B ")

        told = event_told(fields, PPM, JAKARTA)

        assert told == EventRow("dose", AT, None, {"ec_change": 210.0, "ph_change": -0.3}, "A and B")

    def test_a_kind_that_does_not_change_the_water_has_no_size(self) -> None:
        assert event_told(Fields("clean", "2026-11-23 01:00:00", ec="105"), PPM, JAKARTA).details == {}

    def test_a_corrected_event_lasts_as_long_as_it_did(self) -> None:
        told = event_told(Fields("top-up", "2026-11-23 02:00:00"), PPM, JAKARTA, DOSE)

        assert told.ended_at == AT + timedelta(hours=1, minutes=10)

    def test_an_untouched_time_keeps_what_the_field_cannot_show(self) -> None:
        precise = replace(DOSE, started_at=AT + timedelta(milliseconds=250))

        told = event_told(fields_of(precise, PPM, JAKARTA), PPM, JAKARTA, precise)

        assert told.key == precise.key
        assert told.details == {"ec_change": 210.0, "ph_change": -0.3}

    def test_an_untouched_size_keeps_what_the_field_cannot_show(self) -> None:
        precise = replace(DOSE, ec_change=123.4, ph_change=-0.305)
        fields = replace(fields_of(precise, ConductivityUnit.MS_CM, JAKARTA), note="A and B")

        told = event_told(fields, ConductivityUnit.MS_CM, JAKARTA, precise)

        assert (fields.ec, told.details) == ("0.12", {"ec_change": 123.4, "ph_change": -0.305})

    @pytest.mark.parametrize(
        "fields",
        [
            Fields(None, "2026-11-23 01:00:00"),
            Fields("dose", None),
            Fields("dose", "yesterday"),
            Fields("note", "2026-11-23 01:00:00", note="  "),
        ],
    )
    def test_a_form_that_says_too_little_is_refused(self, fields: Fields) -> None:
        with pytest.raises(NothingTold):
            event_told(fields, PPM, JAKARTA)


def test_a_key_survives_the_way_through_the_browser() -> None:
    assert key_of(key_text(DOSE.key)) == DOSE.key


def test_a_history_is_in_order_with_calibrations_and_without_what_was_rejected(source: Any) -> None:
    source.told = [NOTE, replace(DOSE, is_hidden=True)]
    source.marks = [CalibrationMark(AT - timedelta(hours=1), Quantity.PH, "budi")]
    period = Period(AT - DAY, AT + DAY)

    assert [one.kind for one in history(source, 52, period)] == ["ph-calibration", "note"]
    assert [one.kind for one in history(source, 52, period, with_hidden=True)] == ["ph-calibration", "dose", "note"]
