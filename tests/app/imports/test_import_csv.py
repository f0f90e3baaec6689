"""Files become readings; oddities become flags, reports, or a refusal."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.imports import ImportRefused, ImportRequest
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import readings_frame
from models.write.devices import ensure_site, register_device

PLAIN = "time,ph\n2026-01-01 00:00,6.1\n2026-01-01 00:15,6.2\n2026-01-01 00:30,6.3\n"


def stored(engine, *columns, device="log-1"):
    with session_scope(engine) as session:
        return readings_frame(session, find_device(session, device).id, columns=columns or ("ph",))


def test_a_plain_file_becomes_the_history_of_a_new_device(engine, load):
    report = load(PLAIN)

    assert (report.lines, report.accepted, report.rejected_count) == (3, 3, 0)
    assert stored(engine)["ph"].tolist() == [6.1, 6.2, 6.3]
    assert (report.first_at, report.last_at, report.interval_s) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
        900.0,
    )
    with session_scope(engine) as session:
        device = find_device(session, "log-1")
    assert (device.origin, device.medium, device.has_history, device.interval_s) == ("import", "natural", True, 900)


def test_loading_a_file_again_changes_nothing(engine, load):
    load(PLAIN)

    report = load(PLAIN)

    assert (report.accepted, report.duplicates, report.conflicts) == (0, 3, 0)
    assert len(stored(engine)) == 3


def test_a_dry_run_reports_the_same_and_stores_nothing(engine, load):
    report = load(PLAIN + "2026-01-01 00:30,7.3\n", dry_run=True)

    assert (report.accepted, report.conflicts) == (3, 1)
    assert "nothing was stored" in str(report)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM readings")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM devices")).scalar_one() == 0


def test_a_second_value_for_a_time_is_a_conflict_and_the_first_stays(engine, load):
    report = load(PLAIN + "2026-01-01 00:30,6.3\n2026-01-01 00:30,7.3\n")

    assert (report.accepted, report.duplicates, report.conflicts) == (3, 1, 1)
    assert stored(engine)["ph"].iloc[-1] == 6.3


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        "time;ph\n2026-01-01 00:00;6,1\n2026-01-01 00:15;6,2\n2026-01-01 00:30;6,3\n",
        "\ufeff" + PLAIN,
        PLAIN.encode("utf-16"),
        "Logger 7; Gewächshaus\n\n" + PLAIN,
        "Gewächshaus\n".encode("latin-1") + PLAIN.encode(),
        PLAIN.replace("time,ph", " time , ph "),
        PLAIN.replace("6.", " 6."),
        '"time","ph"\n"2026-01-01 00:00","6.1"\n2026-01-01 00:15,"6.2"\n"2026-01-01 00:30",6.3\n',
        PLAIN.replace("\n", ",,\n").replace("ph,,", "ph"),
        "name,time,ph,note\n" + "".join(f"a,{line},\"x, y\"\n" for line in PLAIN.splitlines()[1:]),
        "note,time,ph\n" + "".join(f"\"two\nlines\",{line}\n" for line in PLAIN.splitlines()[1:]),
        PLAIN.replace("\n2026-01-01 00:15", "\n\n2026-01-01 00:15"),
    ],
    ids=[
        "no final newline", "CRLF", "semicolons", "tabs", "decimal commas", "BOM", "UTF-16", "title lines", "Latin-1",
        "padded header", "padded numbers", "quotes", "trailing delimiters", "quoted delimiters", "quoted newlines",
        "blank lines",
    ],
)  # fmt: skip
def test_ways_of_writing_the_same_file(engine, load, content):
    report = load(content)

    assert (report.accepted, report.rejected_count) == (3, 0)
    assert stored(engine)["ph"].tolist() == [6.1, 6.2, 6.3]


def test_an_encoding_that_had_to_be_guessed_and_lines_passed_over_are_noted(load):
    report = load("Gewächshaus\n\n".encode("latin-1") + PLAIN.encode())

    assert list(map(str, report.notes)) == [
        "The file is not UTF-8; it was read as Latin-1.",
        "2 lines above the header in line 3 were passed over.",
    ]


@pytest.mark.parametrize(
    "missing", ["", " ", "NULL", "null", "NaN", "NA", "N/A", "None", "-9999", "-9999.0", "-9999.00"]
)
def test_texts_that_mean_missing(engine, load, missing):
    report = load(f"time,ph,water\n2026-01-01 00:00,{missing},20.5\n", water_column="water")

    assert (report.accepted, report.missing["ph"], report.flagged) == (1, 1, {})
    row = stored(engine, "ph", "ph_sent", "water_c", "quality").iloc[0]
    assert row.isna().tolist() == [True, True, False, False]
    assert row["quality"] == 0x199


def test_own_texts_for_missing_are_numbers_in_any_spelling(engine, load):
    content = "time,ph\n2026-01-01 00:00,bad\n2026-01-01 00:15,9.0\n2026-01-01 00:30,9\n2026-01-01 00:45,9.1\n"

    report = load(content, null_texts=("BAD", "9.00"))

    assert (report.accepted, report.missing["ph"]) == (4, 3)


def test_lines_that_are_no_readings_are_named_with_their_number_and_reason(engine, load):
    report = load(
        "time,ph,water\n"
        "2026-01-01 00:00,6.1,20\n"
        "2026-01-01 00:15,high,20\n"
        "sometime,6.1,20\n"
        "2026-01-01 00:45,6.1\n"
        "2026-01-01 01:00,6.1,20,7\n"
        "2026-01-01 01:15,inf,20\n"
        "2026-01-01 01:30,6.1,1e5x\n",
        water_column="water",
    )

    assert [(one.line, one.reason) for one in report.rejected] == [
        (3, "ph: 'high' is not a number"),
        (4, "time 'sometime' is not YYYY-MM-DD HH:MM (ISO 8601)"),
        (5, "2 fields, the header has 3"),
        (6, "4 fields, the header has 3"),
        (7, "ph: 'inf' is not a number"),
        (8, "water: '1e5x' is not a number"),
    ]
    assert (report.lines, report.accepted, report.rejected_count) == (7, 1, 6)
    assert "line 4: time 'sometime'" in str(report)


def test_line_numbers_count_lines_inside_quotes(load):
    report = load('title\n"a\nb"\n' + 'time,note,ph\n2026-01-01 00:00,"two\nlines",6.1\n2026-01-01 00:15,x,bad\n')

    assert [one.line for one in report.rejected] == [7]


def test_only_the_first_twenty_rejected_lines_are_named(load):
    report = load("time,ph\n2026-01-01 00:00,6.1\n" + "2026-01-01 00:00,x\n" * 30)

    assert (report.rejected_count, len(report.rejected)) == (30, 20)
    assert str(report).splitlines()[-1] == "  and 10 more"


def test_a_file_without_any_usable_line_says_so(load):
    report = load("time,ph\n2026-01-01 00:00,x\n")

    assert report.rejected_all
    assert not load(PLAIN).rejected_all
    assert not load(PLAIN).rejected_all, "a file that was loaded before is a success"


@pytest.mark.parametrize(
    ("options", "ec"),
    [
        ({"ec_column": "ec"}, 1.5),
        ({"ec_column": "ec", "ec_unit": "mS/cm"}, 1500.0),
        ({"tds_column": "ec"}, 3.0),
        ({"tds_column": "ec", "tds_scale": 700}, 2.142857142857143),
    ],
)
def test_ec_is_read_in_its_unit(engine, load, options, ec):
    load("time,ec\n2026-01-01 00:00,1.5\n", ph_column=None, **options)

    assert stored(engine, "ec_us_cm")["ec_us_cm"].tolist() == [pytest.approx(ec, rel=1e-15)]


def test_local_times_are_stored_in_utc(engine, load):
    load(PLAIN, time_zone="Asia/Jakarta")

    assert str(stored(engine).index[0]) == "2025-12-31 17:00:00+00:00"


def test_impossible_values_and_error_codes_become_flags_and_are_never_averaged(engine, load):
    rows = [(6.1, 400, 20), (15.2, 401, 85), (0, -0.98, 20), (6.2, 7999, -127), (6.2, 402, 7999)]
    lines = [f"2026-01-01 0{hour}:00,{ph},{ec},{water}" for hour, (ph, ec, water) in enumerate(rows)]

    report = load("time,ph,ec,water\n" + "\n".join(lines), ec_column="ec", water_column="water")

    assert dict(report.flagged) == {
        ("ph", "impossible"): 2,
        ("ec_us_cm", "impossible"): 2,
        ("water_c", "impossible"): 3,
    }
    means = stored(engine, "ph", "ec_us_cm", "water_c").mean()
    assert means.tolist() == pytest.approx([(6.1 + 6.2 + 6.2) / 3, (400 + 401 + 402) / 3, 20.0])


def test_a_device_that_exists_keeps_what_it_is_and_gets_the_history(engine, load, now):
    with session_scope(engine) as session:
        register_device(session, "log-1", now=now)

    report = load(PLAIN)

    assert (report.accepted, report.quarantined) == (3, 0)
    with session_scope(engine) as session:
        device = find_device(session, "log-1")
    assert (device.origin, device.medium, device.has_history) == ("agent", "nutrient", False)


def test_times_to_come_are_quarantined(load):
    report = load("time,ph\n2026-11-23 00:35,6.1\n2026-11-23 00:36,6.1\n")

    assert (report.accepted, report.quarantined) == (1, 1)


def test_a_file_of_many_pieces_is_loaded_like_one_of_one(engine, load):
    lines = "".join(f"2026-01-{day:02d} {hour:02d}:00,6.{hour}\n" for day in range(1, 31) for hour in range(10))

    report = load("time,ph\n" + lines + "2026-01-30 09:00,6.9\n", piece_lines=7)

    assert (report.lines, report.accepted, report.duplicates) == (301, 300, 1)
    assert len(stored(engine)) == 300


def test_rollups_are_there_when_the_import_is_done(engine, load):
    load(PLAIN)

    with engine.connect() as connection:
        query = text("SELECT n, ph_n, ph_min, ph_max, round(ph_sum::numeric, 6), ph_covered_s FROM reading_hours")
        n, ph_n, low, high, total, covered = connection.execute(query).one()
        assert (n, ph_n, low, high, float(total), covered) == (3, 3, 6.1, 6.3, 18.6, 2700.0)
        assert connection.execute(text("SELECT count(*) FROM dirty_hours")).scalar_one() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_column": "when"}, r"no column 'when'.*nearest header has 'time', 'ph'"),
        ({"ph_column": "pH"}, r"no column 'pH'"),
        ({"ec_column": "ec", "tds_column": "ec"}, "not both"),
        ({"ec_column": "ph", "ec_unit": "S/m"}, "uS/cm"),
        ({"tds_column": "ph", "tds_scale": 501}, "500, 640 or 700"),
        ({"ph_column": None}, "--ph, --ec, --tds or --water"),
        ({"delimiter": "ab"}, "one character"),
    ],
)
def test_requests_that_make_no_sense_are_refused(load, options, message):
    with pytest.raises(ImportRefused, match=message):
        load(PLAIN, **options)


@pytest.mark.parametrize("content", ["", "\n\n", "time,ph,ph\n2026-01-01 00:00,1,2\n"])
def test_files_without_a_usable_header_are_refused(load, content):
    with pytest.raises(ImportRefused):
        load(content)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    from app.imports.load import plan_for

    request = ImportRequest(
        path=tmp_path / "none.csv", device="log-1", time_column="t", time_zone="UTC", ph_column="ph"
    )
    with pytest.raises(ImportRefused, match=r"none\.csv cannot be read: No such file"):
        plan_for(request)


def test_the_report_reads_like_sentences(load):
    report = load("time,ph\n2026-01-01 00:00,6.1\n2026-01-01 00:15,15.2\n2026-01-01 00:30,\n2026-01-01 00:45,x\n")

    assert str(report) == (
        "log-1: 4 lines: 3 accepted, 1 rejected.\n"
        "New: log-1.\n"
        "Times (YYYY-MM-DD HH:MM (ISO 8601)): 2026-01-01 00:00:00 to 2026-01-01 00:30:00 UTC, one every 900 s.\n"
        "No value: 1 x ph.\n"
        "Flagged: 1 x ph impossible.\n"
        "  line 5: ph: 'x' is not a number"
    )


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("-07:00", "Etc/GMT+7"),
        ("America/Denver", "America/Denver"),
        ("UTC", "Asia/Jakarta"),
        ("+05:30", "Asia/Jakarta"),
    ],
)
def test_a_new_site_has_the_clock_of_its_log_where_that_is_one_on_a_wall(engine, load, zone, clock):
    load(PLAIN, time_zone=zone, site="Logan River")

    with session_scope(engine) as session:
        assert find_device(session, "log-1").site_time_zone == clock


def test_a_site_that_is_there_keeps_its_clock(engine, load):
    with session_scope(engine) as session:
        ensure_site(session, "Logan River", time_zone="Asia/Tokyo")

    load(PLAIN, time_zone="-07:00", site="Logan River")

    with session_scope(engine) as session:
        assert find_device(session, "log-1").site_time_zone == "Asia/Tokyo"
