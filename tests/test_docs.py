"""The documents name what there is."""

from pathlib import Path

import pytest

from app.cli.main import COMMANDS
from app.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", Settings.model_fields)
def test_readme_names_every_setting_with_its_default(name: str) -> None:
    variable = f"`HYDROFLEET_{name.upper()}`"

    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if variable in line]

    assert len([row for row in rows if row.startswith(f"| {variable}")]) == 1


@pytest.mark.parametrize("name", [*COMMANDS, "test"])
def test_readme_shows_every_command(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"./hydrofleet {name}" in readme


def test_every_link_of_the_documents_leads_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in _links(document.read_text(encoding="utf-8")):
            if "://" not in target and not (document.parent / target.split("#")[0]).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")

    assert broken == []


def test_every_decision_names_the_test_that_keeps_it() -> None:
    headings = {
        path.name: [line[3:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
        for path in (ROOT / "docs" / "decisions").glob("*.md")
    }

    assert headings
    assert set(map(tuple, headings.values())) == {("Context", "Decision", "Consequences", "Compliance")}


def _links(text: str) -> list[str]:
    return [piece.split(")")[0] for piece in text.split("](")[1:]]
