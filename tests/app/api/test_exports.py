"""Exports over HTTP: the bytes, who may have them, and what stays behind when nobody reads on."""

import gzip
import hashlib
import io
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from models.db import session_scope
from models.partitions import ensure_months
from models.write.devices import ensure_site, plant, register_device
from models.write.dirty import mark_dirty

DAY = "start=2026-11-22T00:00:00Z&end=2026-11-23T00:00:00Z"
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
#: Flags of pH, EC and water, 4 bits each: 1 good, 3 suspect, 4 fail, 9 missing.
ALL_GOOD, EC_SUSPECT, PH_MISSING = 0x111, 0x131, 0x119
#: Test 5, "spike", of the second channel of 16 bits; test 0, "missing", of the first.
EC_SPIKE, PH_NOT_THERE = 1 << (16 + 5), 1
HEAD = (
    "device,site,zone,time_local,time_utc,ph,ec_us_cm,water_c,ph_flag,ec_flag,water_flag,ph_tests,ec_tests,water_tests,"
    "ph_calibration_id,ec_calibration_id,ph_band_low,ph_band_high,ec_us_cm_band_low,ec_us_cm_band_high,"
    "water_c_band_low,water_c_band_high"
)


@pytest.fixture
def fill(engine, now):
    """Give a device readings one minute apart from midnight on."""

    def fill(device, *rows, ts=MIDNIGHT):
        columns = "ph, ec_us_cm, water_c, quality, tests, ph_measured, ph_calibration_id"
        with session_scope(engine) as session:
            ensure_months(session.connection(), [date(2026, 11, 1)])
            for place, row in enumerate(rows):
                at = ts + timedelta(minutes=place)
                values = dict(zip(columns.split(", "), (*row, None, None)[:7], strict=True))
                names = ", ".join(f":{name}" for name in values)
                insert = f"INSERT INTO readings (device_id, ts, {columns}) VALUES (:device, :at, {names})"  # noqa: S608
                session.execute(text(insert), {"device": device.id, "at": at, **values})
            mark_dirty(session, device.id, ts, ts + timedelta(minutes=len(rows)), now=now)

    return fill


@pytest.fixture
def tank(engine, now):
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="Asia/Jakarta")
        return register_device(session, "pi-7", site="north", zone="A", now=now - timedelta(days=60))


@pytest.fixture
def other_tank(engine, now):
    with session_scope(engine) as session:
        return register_device(session, "pi-12", now=now - timedelta(days=60))


@pytest.fixture
def filled(tank, fill):
    fill(
        tank,
        (6.1, 1400.1, 21.5, ALL_GOOD, None, 6.3, 41),
        (None, 1401.0, 21.5, PH_MISSING, PH_NOT_THERE, None, None),
        (6.2, 5000.0, 21.5, EC_SUSPECT, EC_SPIKE, None, 41),
    )
    return tank


def test_every_reading_is_a_line_with_its_place_times_flags_tests_and_band(program, filled):
    answer = program().get(f"/export.csv?{DAY}")

    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pi-7_2026-11-22_2026-11-23_raw.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text == (
        f"{HEAD}\n"
        "pi-7,north,A,2026-11-22T07:00:00.000+07:00,2026-11-22T00:00:00.000Z,6.1,1400.1,21.5,1,1,1,,,,41,,"
        "5.5,6.5,1000,2400,18,26\n"
        "pi-7,north,A,2026-11-22T07:01:00.000+07:00,2026-11-22T00:01:00.000Z,,1401,21.5,9,1,1,missing,,,,,"
        "5.5,6.5,1000,2400,18,26\n"
        "pi-7,north,A,2026-11-22T07:02:00.000+07:00,2026-11-22T00:02:00.000Z,6.2,5000,21.5,1,3,1,,spike,,41,,"
        "5.5,6.5,1000,2400,18,26\n"
    )


def test_conductivity_is_written_in_the_unit_that_is_asked_for_without_noise(program, filled):
    text = program().get(f"/export.csv?{DAY}&unit=ppm700&fields=ec_us_cm&details=bands").text

    assert [line.split(",")[5:] for line in text.splitlines()] == [
        ["tds_ppm_700", "tds_ppm_700_band_low", "tds_ppm_700_band_high"],
        ["980.07", "700", "1680"],
        ["980.7", "700", "1680"],
        ["3500", "700", "1680"],
    ]


def test_only_usable_readings_leaves_out_what_is_flagged(program, filled):
    text = program().get(f"/export.csv?{DAY}&quality=usable&details=none&tz=UTC").text

    assert [line.split(",")[4:] for line in text.splitlines()[1:]] == [
        ["2026-11-22T00:00:00.000Z", "6.1", "1400.1", "21.5"],
        ["2026-11-22T00:01:00.000Z", "", "1401", "21.5"],
        ["2026-11-22T00:02:00.000Z", "6.2", "", "21.5"],
    ]


def test_values_as_measured_are_those_first_derived(program, filled):
    text = program().get(f"/export.csv?{DAY}&values=measured&fields=ph&details=none").text

    assert [line.split(",")[5] for line in text.splitlines()] == ["ph", "6.3", "", "6.2"]


@pytest.mark.parametrize(
    ("resolution", "word", "starts"),
    [("5m", "step", ["00:00:00", "00:05:00"]), ("1h", "hour", ["00:00:00"]), ("1d", "day", ["00:00:00"])],
)
def test_steps_are_made_of_usable_readings_and_count_all(program, tank, fill, resolution, word, starts):
    rows = [(6.0, 1000.0, 20.0, ALL_GOOD, None)] * 5 + [(6.5, 9000.0, 20.0, EC_SUSPECT, EC_SPIKE)] * 5
    fill(tank, *rows)

    read = pd.read_csv(io.StringIO(program().get(f"/export.csv?{DAY}&resolution={resolution}&details=none").text))

    assert list(read.columns[3:8]) == [f"{word}_local", f"{word}_utc", "readings", "ph_mean", "ph_min"]
    assert read[f"{word}_utc"].str[11:19].tolist() == starts
    assert read["readings"].sum() == 10
    assert read["ec_readings_used"].sum() == 5
    assert read["ec_us_cm_max"].max() == 1000.0
    assert (read["ph_mean"] * read["ph_readings_used"]).sum() == pytest.approx(62.5)


def test_a_step_that_the_span_cuts_is_written_whole(program, tank, fill):
    fill(tank, *[(6.0, 1000.0, 20.0, ALL_GOOD, None)] * 10)

    span = "start=2026-11-22T00:02:00Z&end=2026-11-22T00:06:00Z"
    text = program().get(f"/export.csv?{span}&resolution=5m&fields=ph&details=none").text

    assert [line.split(",")[5] for line in text.splitlines()] == ["readings", "5", "5"]


def test_hours_of_values_as_measured_are_made_from_readings(program, filled):
    text = program().get(f"/export.csv?{DAY}&resolution=1h&values=measured&fields=ph&details=none").text

    assert text.splitlines()[1].split(",")[5:] == ["3", "6.25", "6.2", "6.3", "2"]


def test_local_times_follow_the_clock_change_of_their_place(program, engine, fill, tank):
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="America/New_York")
    row = (6.0, 1000.0, 20.0, ALL_GOOD, None)
    fill(tank, row, ts=datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    fill(tank, row, ts=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))

    text = program().get("/export.csv?start=2026-11-01T00:00:00Z&end=2026-11-02T00:00:00Z&details=none").text

    assert [line.split(",")[3] for line in text.splitlines()[1:]] == [
        "2026-11-01T01:30:00.000-04:00",
        "2026-11-01T01:30:00.000-05:00",
    ]


def test_a_spreadsheet_of_indonesia_gets_decimal_commas_and_times_that_it_knows(program, filled):
    answer = program().get(f"/export.csv?{DAY}&dialect=excel-id&fields=ph,ec_us_cm&unit=ms-cm&details=bands")

    assert answer.data.startswith(b"\xef\xbb\xbfdevice;site;zone;time_local;utc_offset;time_utc;ph;ec_ms_cm;")
    assert answer.text.splitlines()[1] == (
        "pi-7;north;A;2026-11-22 07:00:00;UTC+07:00;2026-11-22T00:00:00.000Z;6,1;1,4001;5,5;6,5;1;2,4"
    )


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\tA\r\nB", " A B"),
        ('north, "left"', '"north, ""left"""'),
    ],
)
def test_what_people_wrote_is_no_formula_and_no_line_of_its_own(program, engine, filled, zone, written):
    with session_scope(engine) as session:
        session.execute(text("UPDATE devices SET zone = :zone"), {"zone": zone})

    body = program().get(f"/export.csv?{DAY}&details=none").text

    assert [line.split(",2026-")[0] for line in body.splitlines()[1:]] == [f"pi-7,north,{written}"] * 3


def test_bands_are_those_valid_then(program, engine, filled):
    with session_scope(engine) as session:
        plant(
            session, filled.id, "lettuce", started_at=MIDNIGHT + timedelta(minutes=2), transplanted_on=date(2026, 1, 1)
        )
        low, high = session.execute(
            text(
                "SELECT low, high FROM targets t JOIN crops c ON c.id = t.crop_id WHERE c.key = 'lettuce' "
                "AND quantity = 'ec_us_cm' AND stage = 'adult'"
            )
        ).one()

    body = program().get(f"/export.csv?{DAY}&fields=ec_us_cm&details=bands").text

    assert [line.split(",")[6:] for line in body.splitlines()[1:]] == [
        ["1000", "2400"],
        ["1000", "2400"],
        [f"{low:g}", f"{high:g}"],
    ]


def test_devices_follow_each_other_in_their_order_and_can_be_chosen(program, filled, other_tank, fill):
    fill(other_tank, (6.0, 1000.0, 20.0, ALL_GOOD, None))
    reader = program()

    def named(query):
        lines = reader.get(f"/export.csv?{DAY}&details=none{query}").text.splitlines()[1:]
        return [line.split(",")[0] for line in lines]

    assert named("") == ["pi-7", "pi-7", "pi-7", "pi-12"]
    assert named("&devices=pi-12") == ["pi-12"]
    assert named("&devices=pi-12,pi-7..pi-7&site=north") == ["pi-7"] * 3
    assert named("&site=north") == ["pi-7"] * 3
    assert named("&crop=lettuce") == []


def test_a_file_that_was_cut_off_goes_on_behind_its_last_line(program, filled, other_tank, fill):
    fill(other_tank, (6.0, 1000.0, 20.0, ALL_GOOD, None))
    reader = program()
    whole = reader.get(f"/export.csv?{DAY}").text.splitlines(keepends=True)

    rest = reader.get(f"/export.csv?{DAY}&cursor=pi-7,2026-11-22T00:01:00.000Z").text

    assert rest == "".join(whole[3:])
    assert reader.get(f"/export.csv?{DAY}&cursor=pi-9,2026-11-22T00:01:00.000Z").status_code == 422


def test_packed_it_is_the_same_file(program, filled):
    reader = program()

    packed = reader.get(f"/export.csv.gz?{DAY}")

    assert packed.content_type == "application/gzip"
    assert "Content-Encoding" not in packed.headers
    assert gzip.decompress(packed.data) == reader.get(f"/export.csv?{DAY}").data


def test_the_sidecar_tells_lines_and_digest(program, filled):
    reader = program()
    answer = reader.get(f"/export.csv?{DAY}")
    assert answer.data

    sidecar = reader.get(f"/exports/{answer.headers['X-Export']}").get_json()

    assert (sidecar["state"], sidecar["rows"]) == ("done", 3)
    assert sidecar["sha256"] == hashlib.sha256(answer.data).hexdigest()
    assert sidecar["query"]["resolution"] == "raw"
    assert reader.get("/exports/999").status_code == 404


def test_a_preamble_says_what_was_asked_for_and_pandas_passes_over_it(program, filled):
    text = program().get(f"/export.csv?{DAY}&preamble=yes").text

    assert "# resolution: raw\n" in text
    assert "# unit: us-cm\n" in text
    assert len(pd.read_csv(io.StringIO(text), comment="#")) == 3


def test_the_size_is_guessed_before(program, filled):
    reader = program()
    reader.get(f"/export.csv?{DAY}&resolution=1h")  # brings the hourly sums up to date

    guess = reader.get(f"/export/estimate?{DAY}").get_json()

    size = len(reader.get(f"/export.csv?{DAY}").data)
    assert (guess["devices"], guess["rows"]) == (1, 3)
    assert reader.get(f"/export/estimate?{DAY}&resolution=5m").get_json()["rows"] == 3
    assert reader.get(f"/export/estimate?{DAY}&resolution=1d").get_json()["rows"] == 1
    assert size / 3 < guess["bytes"] < size


def test_a_token_for_some_devices_exports_those_alone(program, filled, other_tank, fill):
    fill(other_tank, (6.0, 1000.0, 20.0, ALL_GOOD, None))
    narrow, wide = program(devices=["pi-12"]), program()

    answer = narrow.get(f"/export.csv?{DAY}&details=none")
    everything = wide.get(f"/export.csv?{DAY}")
    everything.close()

    assert [line.split(",")[0] for line in answer.text.splitlines()[1:]] == ["pi-12"]
    assert narrow.get(f"/export.csv?{DAY}&devices=pi-7").status_code == 404
    assert narrow.get(f"/exports/{everything.headers['X-Export']}").status_code == 404
    assert wide.get(f"/exports/{everything.headers['X-Export']}").status_code == 200


def test_every_export_leaves_who_what_and_how_much_in_the_audit_log(agronomist, admin, filled):
    assert agronomist.get(f"/export.csv?{DAY}").data

    ended, began = admin.get("/audit?about=export").get_json()["entries"]

    assert [(one["actor"], one["action"]) for one in (began, ended)] == [
        ("a-agronomist", "start-export"),
        ("a-agronomist", "export"),
    ]
    assert (began["details"]["start"], began["details"]["exported"]) == ("2026-11-22T00:00:00+00:00", ["pi-7"])
    assert (ended["details"]["state"], ended["details"]["rows"]) == ("done", 3)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=2026-11-23T00:00:00Z&end=2026-11-22T00:00:00Z", 400),
        ("start=0001-01-01T00:00:00Z", 400),
        ("tz=Mars/Base", 422),
        ("tz=../../etc/passwd", 422),
        ("tz=right/UTC", 422),
        ("devices=pi-99", 404),
        ("devices=DROP%20TABLE", 400),
        ("details=none,flags", 400),
        ("resolution=7m", 400),
        ("cursor=pi-7", 400),
        ("row_limit=5", 400),
        ("site='%3B--", 200),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_byte_is_sent(program, filled, query, status):
    with program().get(f"/export.csv?{query}") as answer:
        assert answer.status_code == status


def test_head_starts_nothing(program, filled, engine):
    reader = program()

    answer = reader.client.head(f"/api/v1/export.csv?{DAY}", headers=reader.headers)

    assert (answer.status_code, answer.data) == (200, b"")
    assert engine.pool.checkedout() == 0
    assert reader.get("/exports/1").status_code == 404
