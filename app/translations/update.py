"""Bring the catalogues along with the code: ``python -m app.translations.update``.

Collects every text marked in Python and in templates, keeps the translations there are, drops what is no longer used,
and compiles. Texts that still want a translation are listed; the tests refuse them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

APP = Path(__file__).parent.parent
FOLDER = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {locale}\\n"
"Plural-Forms: nplurals={number}; plural={rule};\\n"

"""
# A catalogue says when it was made; with the real time, compiling twice would give two different files.
_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def collect() -> Catalog:
    """Gather every marked text of the application."""
    template = Catalog(creation_date=_MADE_AT)
    for _file, _line, message, comments, context in extract_from_dir(APP, _METHODS, keywords=DEFAULT_KEYWORDS):
        template.add(message, auto_comments=comments, context=context)
    return template


def read_catalog(path: Path) -> Catalog:
    """Read a ``.po`` file."""
    locale = path.parent.parent.name
    with path.open("rb") as file:
        catalog = read_po(file, locale=locale)
    catalog.creation_date = catalog.revision_date = _MADE_AT
    return catalog


def catalog_paths() -> list[Path]:
    """List the ``.po`` files, one per language."""
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Give the texts of a catalogue that are not, or not surely, translated."""
    for message in catalog:
        forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.id and (message.fuzzy or not all(forms)):
            yield message


def update(path: Path, template: Catalog) -> Catalog:
    """Rewrite one ``.po`` file with the texts of ``template``, and compile it beside itself."""
    catalog = read_catalog(path)
    catalog.update(template, no_fuzzy_matching=True)
    header = _HEADER.format(locale=catalog.locale, number=catalog.num_plurals, rule=catalog.plural_expr)
    with path.open("wb") as file:
        file.write(header.encode())
        write_po(file, catalog, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_catalog(path))
    return catalog


def main() -> None:
    """Update every catalogue and say what is left to translate."""
    template = collect()
    for path in catalog_paths():
        missing = list(untranslated(update(path, template)))
        print(f"{path.relative_to(APP)}: {len(template)} texts, {len(missing)} to translate")
        for message in missing:
            print(f"  {message.id}")


if __name__ == "__main__":
    main()
