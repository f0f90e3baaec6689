"""Fields for numbers."""

import pytest
from flask import Flask

from app.components import number_input
from app.i18n import init_languages


@pytest.mark.parametrize(("code", "mark"), [("en", "."), ("id", ",")])
def test_a_field_shows_the_mark_of_the_language_and_takes_both(code: str, mark: str):
    server = Flask("app")
    init_languages(server, code)

    with server.test_request_context():
        field = number_input("ph", "pH", decimals=2)

    assert (field.decimalSeparator, field.allowedDecimalSeparators) == (mark, [".", ","])
