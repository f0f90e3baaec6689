"""Our flags and events against people's labels and the simulator's truth."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import cli
from app.imports import ImportRefused
from app.scoring.events import score_events
from app.scoring.flags import score_flags
from app.scoring.station import read_station

NERRS = Path(__file__).parents[3] / "shared" / "data" / "nerrs" / "apacpwq_2012_2013.csv"

HEADER = "DateTimeStamp,Temp,F_Temp,SpCond,F_SpCond,pH,F_pH"
# Quiet water; the third pH is impossible and rejected, the fifth odd to nobody but the station.
ROWS = (
    ("17.0", "<0> ", "45.9", "<0> ", "7.9", "<0> "),
    ("17.1", "<0> ", "45.8", "<0> ", "8.0", "<0> "),
    ("17.1", "<0> ", "45.7", "<0> ", "14.2", "<-3> [SSM] (CSM)"),
    ("17.2", "<0> ", "45.8", "<0> ", "7.9", "<0> "),
    ("17.2", "<0> ", "45.9", "<0> ", "8.0", "<1> [SSD]"),
    ("", "<-2>", "", "<-2>", "", "<-2>"),
)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    lines = [f"7/2/2021 {number // 4}:{15 * (number % 4):02},{','.join(row)}" for number, row in enumerate(ROWS)]
    # Without a day above 12 nobody could tell July from February.
    lines.append("7/13/2021 0:00,17.0,<0> ,45.9,<0> ,7.9,<0> ")
    path = tmp_path / "station.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return path


def test_flags_are_counted_against_the_labels(station: Path) -> None:
    scores = {score.quantity: score for score in score_flags(read_station(station))}

    ph = scores["ph"]
    assert (ph.readings, ph.recall.count, ph.recall.agreed) == (6, 2, 1)
    assert (ph.precision.count, ph.precision.agreed) == (1, 1)
    assert {name: (one.count, one.agreed) for name, one in ph.by_test.items()} == {"impossible": (1, 1)}
    assert {name: (one.count, one.agreed) for name, one in ph.by_comment.items()} == {"SSM CSM": (1, 1), "SSD": (1, 0)}
    assert (scores["water_c"].readings, scores["water_c"].recall.share) == (6, None)


def test_the_command_ends_with_a_line_of_json(station: Path) -> None:
    result = CliRunner().invoke(cli, ["score", "flags", "--station", str(station)])

    last = json.loads(result.stdout.splitlines()[-1])
    assert last["stations"]["station"]["ph"]["recall"] == 0.5
    assert "sensor drift" in result.stdout


def test_another_file_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("time,ph\n2026-11-01 00:00,6\n", encoding="utf-8")

    with pytest.raises(ImportRefused, match="no NERRS log"):
        read_station(path)


@pytest.mark.skipif(not NERRS.exists(), reason=f"the real logs are not at {NERRS}")
def test_the_absurd_values_of_a_real_station_are_found_for_sure() -> None:
    scores = {score.quantity: score for score in score_flags(read_station(NERRS))}

    assert (scores["ph"].by_test["impossible"].count, scores["ph"].by_test["impossible"].share) == (1061, 1.0)
    assert (scores["water_c"].by_comment["GIM CSM"].count, scores["water_c"].by_comment["GIM CSM"].share) == (757, 1.0)
    assert scores["water_c"].precision.share > 0.99
    # Most of what the station rejects hung at the wrong depth in honest water.
    assert scores["ec_us_cm"].recall.share < 0.05


def test_doses_and_acid_of_simulated_tanks_are_found() -> None:
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 15, tzinfo=UTC)

    score = score_events([1, 2], start=start, end=end, every_s=300)

    assert score.precision.share > 0.95
    for kind in ("dose", "acid"):
        assert score.kinds[kind].done.count >= 4
        assert score.kinds[kind].done.share > 0.9
        assert score.kinds[kind].right_kind.share > 0.9
    assert score.kinds["top-up"].visible.share > 0.7
    assert score.kinds["dose"].size_error < 20
