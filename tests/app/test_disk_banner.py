"""Administrators are told that the disk fills up while there is still room to do something about it."""

import json
import re
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

Usage = namedtuple("Usage", "total used free")
ENGLISH = "The disk is 87 % full. Free some space, or move the data to a larger one."
INDONESIAN = "Disk sudah terisi 87 %. Kosongkan sebagian, atau pindahkan data ke disk yang lebih besar."


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give a function that fills the disk to so many percent; what the system says of it is all that is not real."""

    def fill(percent: int) -> None:
        monkeypatch.setattr(
            "app.health.shutil.disk_usage", lambda _path: Usage(1000, percent * 10, 1000 - percent * 10)
        )

    return fill


@pytest.fixture
def shown_to(server: Flask, add_person: Any, log_in: Any) -> Callable[..., str]:
    """Give a function that shows the frame of every page to somebody of a role."""

    def shown_to(role: str, language: str = "en") -> str:
        client: FlaskClient = server.test_client()
        add_person(f"some-{role}", role)
        assert log_in(client, f"some-{role}").status_code == 303
        answer = client.get("/_dash-layout", headers={"Accept-Language": language})
        assert answer.status_code == 200
        return json.dumps(answer.json, ensure_ascii=False)

    return shown_to


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("id", INDONESIAN)])
def test_an_administrator_is_warned_in_both_languages(
    fill_disk: Callable[[int], None], shown_to: Callable[..., str], language: str, text: str
):
    fill_disk(87)

    assert text in shown_to("admin", language)


def test_who_can_do_nothing_about_it_is_not_warned(fill_disk: Callable[[int], None], shown_to: Callable[..., str]):
    fill_disk(87)

    assert not re.search("The disk is", shown_to("agronomist"))


def test_a_disk_with_room_is_not_worth_a_word(fill_disk: Callable[[int], None], shown_to: Callable[..., str]):
    fill_disk(85)

    assert not re.search("The disk is", shown_to("admin"))
