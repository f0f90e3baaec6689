"""Rules that let the tables and queries move to a cluster of machines as they stand."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import Table, UniqueConstraint

from models.tables import Base

MODULES = sorted((Path(__file__).parents[2] / "models").rglob("*.py"))
TABLES = list(Base.metadata.tables.values())
DISTRIBUTED = [table for table in TABLES if table.info.get("scale") == "distributed"]


def tables(kind: str) -> set[str]:
    return {table.name for table in TABLES if table.info.get("scale") == kind}


def strings_of(module: Path) -> str:
    """All text constants of a module, docstrings left out: that is where the SQL stands."""
    tree = ast.parse(module.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    return "\n".join(texts)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_where_it_lives(table: Table):
    assert table.info.get("scale") in ("distributed", "reference", "local")


def test_the_hot_tables_are_the_distributed_ones():
    assert tables("distributed") == {
        "readings",
        "reading_hours",
        "reading_days",
        "dirty_hours",
        "device_state",
        "streams",
        "quarantine",
        "events",
    }


@pytest.mark.parametrize("table", DISTRIBUTED, ids=lambda table: table.name)
def test_a_distributed_table_begins_every_key_with_the_device(table: Table):
    uniques = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    keys = [table.primary_key, *uniques, *(index for index in table.indexes if index.unique)]

    assert [next(iter(key.columns)).name for key in keys] == ["device_id"] * len(keys)


@pytest.mark.parametrize("table", DISTRIBUTED, ids=lambda table: table.name)
def test_a_distributed_table_counts_nothing_up(table: Table):
    assert [column.name for column in table.columns if column.identity or column.autoincrement is True] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_nothing_refers_to_a_hot_or_local_table_except_from_its_own_kind(table: Table):
    referred = {key.column.table.name for key in table.foreign_keys}

    assert referred & tables("distributed") == set()
    assert table.info["scale"] == "local" or referred & tables("local") == set()


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\bLATERAL\b",
        r"\bWITH RECURSIVE\b",
        r"\bGROUP BY (ROLLUP|CUBE)\b",
        r"\bCREATE TRIGGER\b",
        r"\bDETACH PARTITION\b.*\bCONCURRENTLY\b",
        r"\bclock_timestamp\b",
        r"\bnextval\b",
        r"\bNOT EXISTS\b",
    ],
)
def test_no_query_does_what_a_cluster_cannot(forbidden: str):
    offenders = [path.name for path in MODULES if re.search(forbidden, strings_of(path), re.IGNORECASE)]

    assert offenders == []


def test_stored_rows_are_never_counted_by_rowcount():
    offenders = [
        path.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "rowcount"
    ]

    assert offenders == []


def test_the_database_has_no_trigger_and_no_sequence_on_hot_tables(session):
    connection = session.connection()
    named = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    triggers = connection.exec_driver_sql(named).scalars().all()
    sequences = connection.exec_driver_sql("SELECT sequencename FROM pg_sequences").scalars().all()

    assert triggers == ["audit_log"]  # append-only, local, and never written in bulk
    assert [name for name in sequences if any(name.startswith(f"{table}_") for table in tables("distributed"))] == []
