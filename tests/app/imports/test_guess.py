"""What a file probably says, and what has to be asked."""

import pytest

from app.imports import ImportRefused, propose


def given(write, content, *names):
    proposal = propose(write(content))
    return {name: proposal.given.get(name) for name in names}


def test_a_log_in_indonesian_is_understood(write):
    content = (
        "Catatan tangki A\nTanggal;Jam;pH;EC (mS/cm);Suhu Air (°C);Suhu Udara\n20/11/2026;08:00;6,1;1,8;22,4;30,1\n"
    )

    proposal = propose(write(content))

    assert proposal.given == {
        "ph_column": "pH",
        "ec_column": "EC (mS/cm)",
        "ec_unit": "mS/cm",
        "water_column": "Suhu Air (°C)",
        "date_column": "Tanggal",
        "time_column": "Jam",
        "device": "log",
    }
    assert list(proposal.questions) == ["time_zone"]
    assert proposal.rows == [["20/11/2026", "08:00", "6,1", "1,8", "22,4", "30,1"]]


@pytest.mark.parametrize(
    ("name", "value", "column", "unit"),
    [
        ("EC", "1.8", "ec_column", "mS/cm"),
        ("EC", "1450", "ec_column", "uS/cm"),
        ("conductivity_uS_cm", "12", "ec_column", "uS/cm"),
        ("EC [dS/m]", "1.8", "ec_column", "mS/cm"),
        ("Cond (µS/cm)", "447", "ec_column", "uS/cm"),
        ("EC Greenhouse (mS/cm)", "1.8", "ec_column", "mS/cm"),
        ("EC mS/m", "180", "ec_column", "mS/m"),
    ],
)
def test_the_unit_of_conductivity_is_read_or_told_by_its_values(write, name, value, column, unit):
    content = f"time,{name}\n2026-01-01T00:00Z,{value}\n"

    assert given(write, content, column, "ec_unit") == {column: name, "ec_unit": unit}


def test_conductivity_between_sea_and_brook_is_asked_for(write):
    proposal = propose(write("time,EC\n2026-01-01T00:00Z,38\n"))

    assert str(proposal.questions["ec_unit"]) == (
        "'EC' is about 38: a mountain brook in uS/cm, or the sea in mS/cm? (--ec-unit)"
    )
    assert proposal.request(ec_unit="mS/cm").ec_unit == "mS/cm"


def test_a_unit_that_its_values_contradict_is_asked_for(write):
    proposal = propose(write("time,EC (mS/cm)\n2026-01-01T00:00Z,1450\n"))

    assert "ec_unit" not in proposal.given
    assert str(proposal.questions["ec_unit"]) == "'EC (mS/cm)' says mS/cm, but is about 1450. (--ec-unit)"


def test_a_row_of_units_below_the_header_is_read(write):
    content = "TIMESTAMP,pH,EC,Suhu\nTS,,mS/cm,°F\n" + "".join(
        f"2026-01-01 0{hour}:00,6.1,150,40\n" for hour in range(4)
    )

    assert given(write, content, "time_column", "ph_column", "ec_column", "ec_unit", "water_column") == {
        "time_column": "TIMESTAMP",
        "ph_column": "pH",
        "ec_column": "EC",
        "ec_unit": "mS/cm",
        "water_column": None,
    }


@pytest.mark.parametrize(("name", "scale"), [("TDS (ppm 700)", 700), ("ppm", None), ("TDS 640", 640)])
def test_the_scale_of_ppm_is_read_or_asked_for(write, name, scale):
    proposal = propose(write(f"time,{name}\n2026-01-01T00:00Z,900\n"))

    assert (proposal.given["tds_column"], proposal.given.get("tds_scale")) == (name, scale)
    assert ("tds_scale" in proposal.questions) == (scale is None)


@pytest.mark.parametrize(("name", "value"), [("water temp", "71.5"), ("Temp (F)", "41"), ("Water °F", "40")])
def test_fahrenheit_is_left_out_and_said_so(write, name, value):
    proposal = propose(write(f"time,ph,{name}\n2026-01-01T00:00Z,6.1,{value}\n"))

    assert "water_column" not in proposal.given
    assert str(proposal.reasons["water_column"]) == (f"'{name}' is left out: it looks like °F, and °C are wanted")


@pytest.mark.parametrize("name", ["Suhu Udara", "Suhu Lingkungan", "Suhu Luar", "Ambient temp", "Room temperature"])
def test_the_temperature_of_the_air_is_not_that_of_the_water(write, name):
    content = f"time,ph,{name}\n2026-01-01T00:00Z,6.1,28\n"

    assert given(write, content, "water_column") == {"water_column": None}


@pytest.mark.parametrize(
    ("name", "stamp", "zone"),
    [
        ("time", "2026-01-01T00:00:00+07:00", "UTC"),
        ("time_utc", "2026-01-01 00:00", "UTC"),
        ("Waktu WITA", "2026-01-01 00:00", "Asia/Makassar"),
        ('"Date Time, GMT+07:00"', "2026-01-01 00:00", "+07:00"),
        ("Time (UTC-3:30)", "2026-01-01 00:00", "-03:30"),
        ("Waktu (UTC+7)", "20-11-2026", "+07:00"),
        ("Time (UTC+0)", "2026-01-01 00:00", "UTC"),
        ("Date", "20-11-2026", None),
        ("ts", "1767225600", "UTC"),
        ("time", "2026-01-01 00:00", None),
    ],
)
def test_the_zone_is_known_or_asked_for(write, name, stamp, zone):
    proposal = propose(write(f"{name},ph\n{stamp},6.1\n"))

    assert proposal.given.get("time_zone") == zone
    assert ("time_zone" in proposal.questions) == (zone is None)


def test_day_and_month_that_cannot_be_told_apart_are_asked_for(write):
    proposal = propose(write("time,ph\n01/02/2026 00:00,6.1\n03/04/2026 00:00,6.2\n"))

    assert "say which with --time-format" in str(proposal.questions["time_format"])
    with pytest.raises(ImportRefused, match="day first or month first"):
        proposal.request(time_zone="UTC")


def test_an_export_of_ours_is_understood_without_a_question(write):
    content = (
        "device,site,time_local,time_utc,ph,ec_us_cm,water_c,ph_flag,ph_band_low\n"
        "pi-1,north,2026-01-01T07:00:00.000+07:00,2026-01-01T00:00:00.000Z,6.1,1400,21.5,1,5.5\n"
    )

    proposal = propose(write(content))

    assert proposal.questions == {}
    assert proposal.given == {
        "ph_column": "ph",
        "ec_column": "ec_us_cm",
        "ec_unit": "uS/cm",
        "water_column": "water_c",
        "time_column": "time_utc",
        "time_zone": "UTC",
        "device_column": "device",
    }


def test_names_that_no_device_can_have_are_asked_about(write):
    proposal = propose(write("Tank,time,ph\nTank A,2026-01-01T00:00Z,6.1\nTank B,2026-01-01T00:00Z,6.2\n"))

    assert "device_column" not in proposal.given
    assert str(proposal.questions["device"]) == (
        "'Tank' names Tank A, Tank B: devices are called like pi-1 here. Whose log is it? (--device)"
    )


def test_an_answer_takes_the_place_of_a_guess(write):
    proposal = propose(write("time,ph,tds,ec\n2026-01-01T00:00Z,6.1,900,1800\n"))

    request = proposal.request(tds_column="tds", tds_scale=700, device="pond")

    assert (request.tds_column, request.ec_column, request.device) == ("tds", None, "pond")


@pytest.mark.parametrize("content", ["", "hello\n", "a,b\n", "1,2\n3,4\n"])
def test_what_is_no_table_is_refused(write, content):
    with pytest.raises(ImportRefused, match=r"no line of log\.csv looks like the header of a table"):
        propose(write(content))
