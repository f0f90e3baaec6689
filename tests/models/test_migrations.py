import threading

import pytest
from sqlalchemy import Engine, inspect, text

from models.db import make_engine
from models.errors import SchemaError, UnsupportedDatabase
from models.migrate import differences, downgrade, revision_state, upgrade


def test_migrations_and_tables_say_the_same(engine: Engine):
    assert differences(engine) == []


def test_a_column_that_no_migration_makes_is_noticed(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE devices DROP COLUMN zone"))

    assert [change[0] for change in differences(engine)] == ["add_column"]


def test_monthly_partitions_are_no_difference(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE readings_2030_01 (LIKE readings INCLUDING ALL)"))

    assert differences(engine) == []


def test_down_to_nothing_and_up_again(empty_engine: Engine):
    upgrade(empty_engine)
    downgrade(empty_engine, "base")
    assert inspect(empty_engine).get_table_names() == ["alembic_version"]

    upgrade(empty_engine)

    assert differences(empty_engine) == []


def test_the_revision_is_known_before_and_after(empty_engine: Engine):
    before, head = revision_state(empty_engine)
    upgrade(empty_engine)

    assert before is None
    assert revision_state(empty_engine) == (head, head)


def test_two_servers_that_start_at_once_migrate_one_after_the_other(empty_engine: Engine):
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            upgrade(empty_engine)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert differences(empty_engine) == []


def test_a_database_of_a_newer_version_is_refused(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaError, match="9999"):
        upgrade(engine)


def test_another_kind_of_database_is_refused():
    with pytest.raises(UnsupportedDatabase, match="sqlite"):
        make_engine("sqlite:///readings.db")


def test_a_read_only_engine_cannot_write(database_url: str):
    engine = make_engine(database_url, read_only=True)

    with engine.connect() as connection, pytest.raises(Exception, match="read-only transaction"):
        connection.execute(text("DELETE FROM devices"))
    engine.dispose()


def test_every_session_speaks_utc(engine: Engine):
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW timezone")) == "UTC"
        assert connection.scalar(text("SHOW jit")) == "off"
        assert connection.scalar(text("SHOW statement_timeout")) == "15s"
