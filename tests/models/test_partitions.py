"""Partitions of the readings, made by several writers at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy import Engine, event, text

from models.partitions import ensure_months


def test_two_first_readings_of_a_month_at_once_make_one_partition(engine: Engine):
    def make_month():
        with engine.begin() as connection:
            ensure_months(connection, [date(2026, 11, 1)])

    with ThreadPoolExecutor() as others, engine.connect() as first:
        with first.begin():
            ensure_months(first, [date(2026, 11, 1)])
            second = others.submit(make_month)
            deadline = time.monotonic() + 10
            while not first.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
                assert time.monotonic() < deadline, "the second writer never waited"
        second.result(10)

    with engine.connect() as connection:
        made = connection.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1"))
        assert "readings_2026_11" in list(made)


def count_looks(engine: Engine) -> list[str]:
    """Collect the times that the catalogue is asked for partitions, from now on."""
    seen: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda *given: seen.append(given[2]) if "relname" in given[2] else None
    )
    return seen


def test_a_month_is_looked_for_once_by_whoever_made_it(engine: Engine):
    with engine.connect() as connection:
        with connection.begin():
            ensure_months(connection, [date(2026, 11, 1)])
        with connection.begin():
            ensure_months(connection, [date(2026, 11, 1)])
        looks = count_looks(engine)
        with connection.begin():
            ensure_months(connection, [date(2026, 11, 1)])

    assert looks == []


def test_a_month_whose_making_was_undone_is_made_again(engine: Engine):
    with engine.connect() as connection:
        with connection.begin() as undone:
            ensure_months(connection, [date(2026, 11, 1)])
            ensure_months(connection, [date(2026, 11, 1)])
            undone.rollback()
        with connection.begin():
            ensure_months(connection, [date(2026, 11, 1)])
        made = connection.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1"))

        assert "readings_2026_11" in list(made)
