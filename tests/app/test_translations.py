"""The catalogues are complete, compiled, and agree with the code."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo

from app.i18n import LANGUAGES
from app.translations.update import catalog_paths, collect, read_catalog, untranslated

REMEDY = "run: python -m app.translations.update"


@pytest.fixture(scope="module")
def template() -> Catalog:
    return collect()


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def texts(catalog: Catalog) -> set[tuple[str, ...]]:
    return {forms(message.id) for message in catalog if message.id}


def translations(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """The forms of each translation, by the singular of its text."""
    return {forms(message.id)[0]: forms(message.string) for message in catalog if message.id}


def test_every_language_but_the_source_has_a_catalogue():
    assert {path.parent.parent.name for path in catalog_paths()} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("path", catalog_paths(), ids=lambda path: path.parent.parent.name)
class TestCatalog:
    def test_it_holds_every_text_of_the_code_and_no_other(self, path: Path, template: Catalog):
        catalog = read_catalog(path)

        assert texts(template) - texts(catalog) == set(), REMEDY
        assert texts(catalog) - texts(template) == set(), REMEDY

    def test_nothing_is_left_untranslated(self, path: Path):
        assert [message.id for message in untranslated(read_catalog(path))] == []

    def test_the_compiled_file_says_the_same(self, path: Path):
        catalog = read_catalog(path)
        with path.with_suffix(".mo").open("rb") as file:
            compiled = read_mo(file)

        assert translations(compiled) == translations(catalog), REMEDY

    def test_variables_survive_translation(self, path: Path):
        catalog = read_catalog(path)

        assert [problem for message in catalog for problem in message.check(catalog)] == []
