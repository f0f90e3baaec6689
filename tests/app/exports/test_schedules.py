"""Exports of every day or week: each once, those missed afterwards, errors in words."""

import gzip
import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.exports import ExportRequest, Exports, Packing, Selection
from app.exports.schedules import BadSchedule, due_at, run_due, schedule, unschedule
from app.jobs.exports import ExportJob
from app.pages.export.schedules import schedule_list
from models.db import session_scope
from models.read.export_schedules import list_schedules
from models.read.exports import list_exports

pytestmark = pytest.mark.usefixtures("tanks")
#: The readings of the tanks lie in the morning of the 22nd in Jakarta.
MADE_AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def plan(engine, tmp_path):
    """Make a schedule in a folder of its own; give the folder."""

    def plan(name="daily", *, every="day", **options):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        request = ExportRequest(
            Selection(), MADE_AT - timedelta(1), MADE_AT, packing=options.pop("packing", Packing.GZIP), **options
        )
        schedule(
            engine,
            name,
            request,
            every=every,
            hour=2,
            time_zone="Asia/Jakarta",
            folder=folder,
            by="a test",
            now=MADE_AT,
        )
        return folder

    return plan


@pytest.fixture
def run(engine):
    """Let the job do what is due at a moment, to the end."""

    def run(now):
        exports = Exports(engine, lambda: now)
        count = 0
        while run_due(engine, exports, now):
            count += 1
        return count

    return run


def history(engine):
    with session_scope(engine) as session:
        return [record for record, _ in list_exports(session, limit=50)]


def only(engine):
    with session_scope(engine) as session:
        (one,) = list_schedules(session)
    return one


def test_a_day_is_written_at_its_hour_once_it_is_over_and_not_twice(engine, plan, run):
    folder = plan(resolution="raw")

    assert due_at(only(engine)) == datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
    assert run(datetime(2026, 11, 22, 18, 59, tzinfo=UTC)) == 0
    assert run(datetime(2026, 11, 22, 19, 0, tzinfo=UTC)) == 1
    assert run(datetime(2026, 11, 22, 20, 0, tzinfo=UTC)) == 0

    assert sorted(one.name for one in folder.iterdir()) == ["daily_2026-11-22.csv.gz", "daily_2026-11-22.csv.gz.json"]
    assert gzip.decompress((folder / "daily_2026-11-22.csv.gz").read_bytes()).count(b"\n") == 301
    (record,) = history(engine)
    assert (record.state, record.schedule, record.rows) == ("done", "daily", 300)
    assert record.file == str(folder / "daily_2026-11-22.csv.gz")


def test_what_was_missed_is_made_afterwards_a_file_for_each_day(plan, run):
    folder = plan()

    assert run(MADE_AT + timedelta(days=3)) == 3

    names = [one.name for one in sorted(folder.glob("*.gz"))]
    assert names == [f"daily_2026-11-{day}.csv.gz" for day in (22, 23, 24)]


def test_weeks_begin_on_monday(engine, plan, run):
    folder = plan("weekly", every="week", packing=Packing.PARQUET)

    assert due_at(only(engine)) == datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
    assert run(datetime(2026, 11, 23, tzinfo=UTC)) == 1
    assert (folder / "weekly_2026-11-16_2026-11-22.parquet").exists()


def test_a_failure_is_told_in_words_and_tried_again(engine, plan, run):
    folder = plan()
    folder.rmdir()
    due = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)

    assert run(due) == 0
    assert run(due + timedelta(seconds=30)) == 0

    (record,) = history(engine)
    assert (record.state, record.schedule) == ("failed", "daily")
    assert record.error == (
        f"{folder} cannot be written to: No such file or directory. Make room or mend the folder; it is tried again."
    )
    assert "Failed 1 time, is tried again" in str(schedule_list([only(engine)], now=due))
    folder.mkdir()
    assert run(due + timedelta(minutes=1)) == 1
    assert only(engine).failures == 0


def test_ten_processes_write_each_file_once(engine, plan):
    folder = plan()
    now = MADE_AT + timedelta(days=2)
    jobs = [ExportJob(engine, 30.0, clock=lambda: now) for _ in range(10)]

    def work(job):
        while job.run_once():
            pass

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(jobs[0])

    assert [record.state for record in history(engine)] == ["done", "done"]
    assert len(list(folder.glob("*.gz"))) == 2


def test_a_name_is_given_once_and_can_be_given_back(engine, plan):
    plan()
    with pytest.raises(BadSchedule, match="already"):
        plan()

    unschedule(engine, "daily", by="a test", now=MADE_AT)

    plan()
    with pytest.raises(BadSchedule, match="no schedule other"):
        unschedule(engine, "other", by="a test", now=MADE_AT)


@pytest.mark.parametrize("name", ["a/b", "", "a\nb"])
def test_a_name_that_is_no_name_of_a_file_is_refused(engine, tmp_path, name):
    with pytest.raises(BadSchedule):
        schedule(
            engine, name, ExportRequest(Selection(), MADE_AT, MADE_AT + timedelta(1)), every="day", hour=2,
            time_zone="UTC", folder=tmp_path, by="a test", now=MADE_AT,
        )  # fmt: skip
