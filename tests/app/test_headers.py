"""Which requests count as our own, and where a login may lead."""

import pytest
from flask import Flask, request

from app.headers import content_security_policy, safe_next
from ingest_api.same_site import is_cross_site


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://farm.local"}, True),
        ({"Origin": "https://farm.local"}, False),
        ({"Origin": "http://farm.local"}, True),
        ({"Origin": "https://farm.local.evil.example"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({}, True),
    ],
)
def test_a_changing_request_must_come_from_our_own_pages(headers: dict[str, str], refused: bool):
    with Flask("app").test_request_context("/x", base_url="https://farm.local", method="POST", headers=headers):
        assert is_cross_site(request) is refused


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_may_start_anywhere(method: str):
    with Flask("app").test_request_context("/x", method=method, headers={"Sec-Fetch-Site": "cross-site"}):
        assert not is_cross_site(request)


@pytest.mark.parametrize("target", ["/", "/devices/pi-2", "/devices/pi-2?range=7d&window=24h", "/a//b"])
def test_a_place_on_this_server_is_kept(target: str):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "devices",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/ /evil.example",
        "\t//evil.example",
    ],
)
def test_a_place_anywhere_else_becomes_the_home_page(target: str | None):
    assert safe_next(target) == "/"


def test_the_policy_forbids_evaluated_and_foreign_code():
    policy = content_security_policy(["'sha256-abc='"])

    assert "default-src 'none'; script-src 'self' 'sha256-abc='; " in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
