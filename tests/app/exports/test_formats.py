"""Every format says the same as a plain query, whatever is asked for, and opens in the programs that people use."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.quantities import Quantity
from app.components.conductivity import ConductivityUnit
from app.exports import BadExport, ExportRequest, Layout, Packing, Selection
from app.exports.names import value_column
from app.exports.workbook import workbook_bytes
from models.db import session_scope
from models.read.export_kinds import Resolution
from models.write.devices import ensure_site
from tests.app.exports.conftest import MIDNIGHT, frame_of

pytestmark = pytest.mark.usefixtures("tanks")
IN_A_FIXTURE = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def utc(column):
    """Read a column of times, which Excel keeps without a zone."""
    return pd.to_datetime(column, utc=True).dt.as_unit("ms").tolist()


@IN_A_FIXTURE
@given(
    packing=st.sampled_from(list(Packing)),
    fields=st.lists(st.sampled_from(["ph", "ec_us_cm", "water_c"]), min_size=1, unique=True).map(tuple),
    unit=st.sampled_from(list(ConductivityUnit)),
    details=st.sets(st.sampled_from(["flags", "tests", "calibrations", "bands"])).map(frozenset),
    zone=st.sampled_from(["site", "UTC", "Asia/Kathmandu"]),
)
def test_readings_in_any_format_are_those_stored(export, plain, packing, fields, unit, details, zone):
    read = frame_of(packing, export(packing, fields=fields, unit=unit, details=details, time_zone=zone))

    assert read["device"].tolist() == plain["device"].tolist()
    assert utc(read["time_utc"]) == plain["ts"].tolist()
    for field in fields:
        name = value_column(Quantity(field), unit)
        stored = plain[field] * (unit.from_ec(1.0) if field == "ec_us_cm" else 1.0)
        pd.testing.assert_series_equal(read[name], stored, check_names=False, rtol=1e-12)
        if "bands" in details and field == "ph":
            assert (read["ph_band_low"].unique().tolist(), read["ph_band_high"].unique().tolist()) == ([5.5], [6.5])
    if "flags" in details and "ph" in fields:
        assert read["ph_flag"].tolist() == plain["ph_flag"].tolist()
    if "tests" in details and "ec_us_cm" in fields:
        assert read["ec_tests"].eq("spike").sum() == (plain["ec_flag"] == 3).sum()


@IN_A_FIXTURE
@given(
    packing=st.sampled_from([Packing.PARQUET, Packing.XLSX, Packing.GZIP]),
    resolution=st.sampled_from([one for one in Resolution if one is not Resolution.RAW]),
    measured=st.booleans(),
)
def test_steps_in_any_format_are_means_of_usable_readings(export, plain, packing, resolution, measured):
    read = frame_of(packing, export(packing, resolution=resolution, measured=measured))

    word = {"1h": "hour", "1d": "day"}.get(resolution, "step")
    usable = plain.assign(ec_us_cm=plain["ec_us_cm"].where(plain["ec_flag"].isin([1, 2])))
    usable["step"] = usable["ts"].dt.floor(pd.Timedelta(resolution.width))
    expected = usable.groupby(["device", "step"], sort=False)["ec_us_cm"].agg(["mean", "count"]).reset_index()
    assert read["device"].tolist() == expected["device"].tolist()
    assert utc(read[f"{word}_utc"]) == expected["step"].tolist()
    pd.testing.assert_series_equal(read["ec_us_cm_mean"], expected["mean"], check_names=False, rtol=1e-9)
    assert read["ec_readings_used"].tolist() == expected["count"].tolist()


@IN_A_FIXTURE
@given(
    packing=st.sampled_from(list(Packing)),
    resolution=st.sampled_from([Resolution.RAW, Resolution.FIVE_MINUTES, Resolution.HOUR]),
    usable_only=st.booleans(),
)
def test_a_wide_table_holds_every_value_of_the_long_one(export, packing, resolution, usable_only):
    options = {"resolution": resolution, "usable_only": usable_only}
    long = frame_of(Packing.PARQUET, export(Packing.PARQUET, details=frozenset(), **options))
    wide = frame_of(packing, export(packing, layout=Layout.WIDE, **options))

    word = {"raw": "time", "1h": "hour"}.get(resolution, "step")
    part = "" if resolution is Resolution.RAW else "_mean"
    assert utc(wide[f"{word}_utc"]) == sorted(set(long[f"{word}_utc"]))
    table = long.pivot(index=f"{word}_utc", columns="device", values=f"ec_us_cm{part}").reset_index(drop=True)
    for device in ("pi-2", "pi-10"):
        pd.testing.assert_series_equal(wide[f"{device}_ec_us_cm{part}"], table[device], check_names=False, rtol=1e-12)


def test_a_wide_line_is_written_like_a_long_one(export):
    whole = export(Packing.CSV, layout=Layout.WIDE, fields=("ph",), details=frozenset({"flags"})).decode().splitlines()

    assert whole[0] == "time_local,time_utc,pi-2_ph,pi-2_ph_flag,pi-10_ph,pi-10_ph_flag"
    assert whole[2] == "2026-11-22T07:00:20.000+07:00,2026-11-22T00:00:20.000Z,5.6,1,,"
    assert whole[4] == "2026-11-22T07:01:00.000+07:00,2026-11-22T00:01:00.000Z,5.8,1,5.6,1"


def test_a_wide_spreadsheet_of_indonesia_has_decimal_commas(export):
    whole = export(Packing.CSV, layout=Layout.WIDE, fields=("ph",), dialect="excel-id").decode("utf-8-sig").splitlines()

    assert whole[0] == "time_local;utc_offset;time_utc;pi-2_ph;pi-10_ph"
    assert whole[4] == "2026-11-22 07:01:00;UTC+07:00;2026-11-22T00:01:00.000Z;5,8;5,6"


def test_a_wide_table_goes_on_behind_a_time(export):
    whole = export(Packing.CSV, layout=Layout.WIDE).splitlines(keepends=True)

    rest = export(Packing.CSV, layout=Layout.WIDE, after=(None, MIDNIGHT + timedelta(seconds=20)))

    assert rest == b"".join(whole[3:])


def test_a_wide_table_of_places_with_several_clocks_needs_one_named(engine, export):
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="America/New_York")

    with pytest.raises(BadExport, match="America/New_York, Asia/Jakarta"):
        export(Packing.CSV, layout=Layout.WIDE)
    assert export(Packing.CSV, layout=Layout.WIDE, time_zone="UTC").count(b"\n") == 251


def test_a_wide_table_has_no_room_for_bands():
    with pytest.raises(BadExport, match="room for flags"):
        ExportRequest(Selection(), MIDNIGHT, MIDNIGHT + timedelta(1), layout=Layout.WIDE, details=frozenset({"bands"}))


def test_parquet_has_types_zones_and_says_what_it_is(export, tmp_path):
    data = export(Packing.PARQUET, unit=ConductivityUnit.PPM_700)
    path = tmp_path / "x.parquet"
    path.write_bytes(data)

    file = duckdb.read_parquet(str(path))
    kinds = dict(zip(file.columns, map(str, file.types), strict=True))
    assert (kinds["time_utc"], kinds["time_local"]) == ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")
    assert (kinds["tds_ppm_700"], kinds["ph_flag"], kinds["ph_calibration_id"]) == ("DOUBLE", "UTINYINT", "BIGINT")
    assert file.aggregate("count(*), count(ph), max(site)").fetchall() == [(300, 266, "north")]
    about = json.loads(pq.read_schema(path).metadata[b"hydrofleet"])
    assert (about["resolution"], about["exported"], about["by"]) == ("raw", ["pi-2", "pi-10"], "sari")
    assert set(about["versions"]) == {"hydrofleet", "format", "postgresql"}


def test_excel_has_numbers_dates_text_that_is_no_formula_and_a_sheet_about_itself(export):
    book = openpyxl.load_workbook(io.BytesIO(export(Packing.XLSX)))

    assert book.sheetnames == ["readings", "about"]
    sheet = book["readings"]
    assert sheet.freeze_panes == "A2"
    row = dict(zip([one.value for one in sheet[1]], sheet[300], strict=True))
    assert row["time_local"].value == datetime(2026, 11, 22, 9, 28)
    assert (row["time_local"].is_date, row["time_utc"].is_date) == (True, True)
    assert (row["site"].value, row["site"].data_type, row["zone"].value) == ("=1+1", "s", "GH <1> & 2")
    assert (row["ec_us_cm"].value, row["utc_offset"].value) == (1548.125, "UTC+07:00")
    about = {name.value: value.value for name, value in book["about"].iter_rows()}
    assert about["unit of ec_us_cm"] == "µS/cm at 25 °C"
    assert (about["resolution"], about["missing"], about["version of format"]) == ("raw", "an empty cell", "1")


def test_a_full_sheet_is_followed_by_another(export):
    schema = pa.schema([("ph", pa.float64())])
    tables = [pa.table({"ph": [float(n) for n in range(25)]})] * 2

    data = b"".join(workbook_bytes(iter(tables), schema, {"a": 1}, most_rows=21))

    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["readings", "readings 2", "readings 3", "about"]
    values = [[cell.value for cell in book[name]["A"]] for name in book.sheetnames[:3]]
    assert [len(one) for one in values] == [21, 21, 11]
    assert [one[0] for one in values] == ["ph"] * 3
    assert [value for one in values for value in one[1:]] == [float(n) for n in range(25)] * 2
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize("packing", list(Packing))
def test_nothing_to_export_is_a_file_with_a_head(export, packing):
    read = frame_of(packing, export(packing, selection=Selection(site="nowhere")))

    assert (len(read), list(read.columns[:3])) == (0, ["device", "site", "zone"])


def test_a_preamble_says_units_and_versions(export):
    text = export(Packing.CSV, preamble=True).decode()

    assert "# unit of ec_us_cm: µS/cm at 25 °C\n# unit of water_c: °C\n" in text
    assert "# version of format: 1\n" in text
    assert len(pd.read_csv(io.StringIO(text), comment="#")) == 300


def test_times_are_those_of_the_clock_on_the_wall_when_it_changes(engine, export):
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="Asia/Kathmandu")

    read = frame_of(Packing.PARQUET, export(Packing.PARQUET, selection=Selection(site="north")))

    assert read["utc_offset"].unique().tolist() == ["UTC+05:45"]
    assert read["time_local"][0] == pd.Timestamp("2026-11-22 05:45")
    assert read["time_utc"][0] == datetime(2026, 11, 22, tzinfo=UTC)
