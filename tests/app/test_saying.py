"""What is said to people, in English and in the reader's language."""

from flask import Flask

from app.i18n import init_languages
from app.imports.request import ImportRefused
from app.saying import Saying

NO_NUMBER = Saying("%(text)s is not a number", {"text": "'x'"})


def test_a_saying_within_a_saying_is_said_in_one_language():
    server = Flask("app")
    init_languages(server, "id")
    said = Saying("%(column)s: %(reason)s", {"column": "pH", "reason": NO_NUMBER})

    with server.test_request_context():
        assert said.in_language() == "pH: 'x' bukan angka"
    assert str(said) == "pH: 'x' is not a number"


def test_a_text_without_values_may_hold_percent_signs():
    assert str(Saying("100 % rH")) == "100 % rH"


def test_a_refusal_is_said_in_english_where_nobody_asked():
    assert str(ImportRefused("times such as %(text)s are odd", text="'x'")) == "times such as 'x' are odd"
