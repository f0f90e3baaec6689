"""Whatever lets people change something leaves a row in the audit log: no module writes to the database without one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import app

ROOM = Path(app.__file__).parent
#: Modules that write and need no entry of their own, each with the reason.
EXEMPT = {
    "sessions.py": "starts and ends sessions for the login and the account, which write the entry",
}
#: The server's own work, and the demo's invented past: nobody asked for it, so there is nobody to name.
OWN_WORK = ("jobs/", "demo/")
#: Stands among the functions that write, and writes nothing.
HARMLESS = {"expand_names"}


def imported_from(path: Path) -> Iterator[tuple[str, str]]:
    """Give (module, name) of every ``from module import name`` of a file, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module, alias.name


def writers() -> list[str]:
    """List the modules of the application that call something that writes."""
    found = []
    for path in sorted(ROOM.rglob("*.py")):
        name = path.relative_to(ROOM).as_posix()
        writes = any(
            module.startswith("models.write.")
            and module != "models.write.audit"
            and alias[0].islower()
            and alias not in HARMLESS
            for module, alias in imported_from(path)
        )
        if writes and not name.startswith(OWN_WORK):
            found.append(name)
    return found


@pytest.mark.parametrize("name", writers())
def test_a_module_that_writes_also_writes_the_audit_log(name: str):
    records = ("models.write.audit", "record") in set(imported_from(ROOM / name))

    assert records or name in EXEMPT, (
        f"app/{name} changes the database and leaves no row in the audit log: call models.write.audit.record in the "
        f"same transaction, or write the reason why not into EXEMPT"
    )


def test_every_exemption_is_still_needed():
    assert set(EXEMPT) <= set(writers())
