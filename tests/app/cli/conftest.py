"""The command line as its users call it, in this process, on a fresh database."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from app.cli.main import cli


@pytest.fixture
def hydrofleet(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``hydrofleet`` with the given words; ``typed`` is what comes in on standard input."""
    monkeypatch.setenv("HYDROFLEET_DATABASE_URL", database_url)

    def run(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(cli, words, input=typed)

    return run
