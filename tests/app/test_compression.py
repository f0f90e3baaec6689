"""Answers travel compressed, except where that would give something away."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

ANY = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def addresses(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]+)"', page)


def test_a_page_and_its_scripts_weigh_a_third_at_most(viewer: FlaskClient):
    page = viewer.get("/").text
    files = [address for address in addresses(page) if address.endswith(".js") and "min" in address]

    plain = sum(len(viewer.get(one).data) for one in ("/", *files))
    packed = sum(len(viewer.get(one, headers=ANY).data) for one in ("/", *files))

    assert len(files) >= 2
    assert packed < plain / 3


def test_an_answer_is_readable_when_unpacked(viewer: FlaskClient):
    answer = viewer.get("/_dash-dependencies", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data) == viewer.get("/_dash-dependencies").data


@pytest.mark.parametrize("again", [1, 2])
def test_a_file_with_a_fingerprint_is_kept_for_ever_and_packed_once(viewer: FlaskClient, again: int):
    script = next(one for one in addresses(viewer.get("/").text) if "ag_grid" in one)

    answers = [viewer.get(script, headers={"Accept-Encoding": "gzip"}) for _ in range(again)]

    assert answers[-1].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(answers[-1].data) == viewer.get(script).data


def test_readers_that_understand_nothing_get_the_file_as_it_is(viewer: FlaskClient):
    style = next(one for one in addresses(viewer.get("/").text) if "all.css" in one)
    viewer.get(style, headers=ANY)

    answer = viewer.get(style)

    assert "Content-Encoding" not in answer.headers
    assert answer.text.lstrip().startswith(("/*", ":root", "@", "html", "body", "."))


def test_a_file_without_a_fingerprint_is_asked_for_again(viewer: FlaskClient):
    assert viewer.get("/assets/10-theme.css", headers=ANY).headers["Cache-Control"] == "no-cache"


def test_pages_are_kept_by_nobody(viewer: FlaskClient):
    assert viewer.get("/", headers=ANY).headers["Cache-Control"] == "no-store"


def test_the_login_page_is_not_packed_because_of_its_token(client: FlaskClient):
    answer = client.get("/login?next=/devices/pi-1", headers=ANY)

    assert 'name="token"' in answer.text
    assert "Content-Encoding" not in answer.headers
