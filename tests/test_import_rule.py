"""Who may import whom: docs/architecture.md, kept here."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("analytics", "app", "ingest_api", "models", "pi_reader")

#: Room -> the other rooms it may import.
ALLOWED = {
    "analytics": set(),
    "models": set(),
    "ingest_api": {"models", "analytics"},
    "app": {"ingest_api", "models", "analytics"},
    "pi_reader": set(),
}
#: Room -> libraries that would give it a second job.
FORBIDDEN_LIBRARIES = {
    "analytics": {"flask", "dash", "plotly", "sqlalchemy", "psycopg", "alembic"},
    "models": {"flask", "dash", "plotly"},
    "ingest_api": {"dash", "plotly"},
    "app": set(),
    "pi_reader": {"pandas", "numpy", "flask", "dash", "plotly", "sqlalchemy", "psycopg"},
}
#: The only files that read the environment.
READS_ENVIRONMENT = {"app/settings.py", "models/surroundings.py", "pi_reader/config.py"}


def imported_names(path: Path) -> set[str]:
    """Give the first part of every absolute import of a file, wherever in the file it stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full, so that the rule can be read"
            names.add((node.module or "").split(".")[0])
    return names


def files_of(room: str) -> list[Path]:
    """Give the Python files of a room."""
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_what_it_may(room: str) -> None:
    others = set(ROOMS) - {room} - ALLOWED[room]

    wrong = {
        str(path.relative_to(ROOT)): sorted(imported_names(path) & (others | FORBIDDEN_LIBRARIES[room]))
        for path in files_of(room)
    }

    assert files_of(room)
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_only_the_settings_read_the_environment(room: str) -> None:
    readers = {str(path.relative_to(ROOT)) for path in files_of(room) if _reads_environment(_tree(path))}

    assert readers <= READS_ENVIRONMENT


def test_sql_is_written_only_in_models_and_alembic() -> None:
    speaks_sql = {
        str(path.relative_to(ROOT))
        for room in set(ROOMS) - {"models"}
        for path in files_of(room)
        if any(_executes_text(node) for node in ast.walk(_tree(path)))
    }

    assert speaks_sql == set()


def test_migrations_folder_is_not_a_package() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists(), "it would hide the installed library of that name"


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _reads_environment(tree: ast.Module) -> bool:
    """Tell whether a file looks a variable up; setting one for a library is no configuration."""
    is_set = {
        id(node.value)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Attribute) and node.attr == "setdefault")
    }
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and id(node) not in is_set
        for node in ast.walk(tree)
    )


def _executes_text(node: ast.AST) -> bool:
    """Tell an import of sqlalchemy's statement builders, which only models/ has a use for."""
    builders = {"text", "select", "insert", "update", "delete"}
    return (
        isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] == "sqlalchemy"
        and any(alias.name in builders for alias in node.names)
    )
