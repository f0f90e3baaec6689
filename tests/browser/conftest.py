"""A real server on a real port, and a real browser in front of it that complains about everything out of order."""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import Engine

from app.jobs.rollups import refresh_dirty_hours
from app.passwords import hash_password
from app.server import create_server
from app.settings import load_settings
from models.db import session_scope
from models.write.devices import ensure_site, issue_token, plant, register_device
from models.write.people import create_user
from tests.listening import listening

PASSWORD = "correct horse battery"
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

DESK = {"width": 1440, "height": 900}
# Answers take long on a machine that is busy with other tests.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that ``-m "not browser"`` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each test has its own context in it."""
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser found; install one of: {', '.join(_CHROMIUMS)}")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, which is who runs tests in a container.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def late_answers(app: Any, latency_s: float) -> Callable[..., Any]:
    """Let each answer of a page wait a random while of at most ``latency_s``, as over a bad link: orders differ."""

    def late(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/_dash-update-component":
            time.sleep(random.uniform(0, latency_s))
        return app(environ, start_response)

    return late


@dataclass
class Clock:
    """Tells the server the time it is set to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **forward: float) -> None:
        """Turn the clock forward, for example by ``minutes=5``."""
        self.at += timedelta(**forward)


@dataclass
class Live:
    """A running server, and what tests do to it from the other side."""

    url: str
    engine: Engine
    clock: Clock
    tokens: dict[str, str] = field(default_factory=dict)

    def add_device(self, name: str, *, site: str = "Lembang", zone: str = "GH 1", crop: str | None = None) -> None:
        """Register a device that stands somewhere and perhaps grows something."""
        with session_scope(self.engine) as session:
            ensure_site(session, site, time_zone="Asia/Jakarta", ppm_scale=500)
            device = register_device(session, name, site=site, zone=zone, now=self.clock() - timedelta(days=3))
            self.tokens[name] = issue_token(session, name, now=self.clock())
            if crop:
                planted_at = self.clock() - timedelta(days=3)
                plant(session, device.id, crop, started_at=planted_at, transplanted_on=planted_at.date())

    def read(self, name: str, *, s_ago: float = 10, **values: float | None) -> None:
        """Let a device send one reading, as a Pi does."""
        reading = {"ph": 6.0, "ec_us_cm": 1700.0, "water_c": 22.0, **values}
        sent = {key: value for key, value in reading.items() if value is not None}
        ts = (self.clock() - timedelta(seconds=s_ago)).isoformat()
        answer = requests.post(
            f"{self.url}/api/v1/readings",
            json={"ts": ts, **sent},
            headers={"Authorization": f"Bearer {self.tokens[name]}"},
            timeout=10,
        )
        assert answer.json()["accepted"] == 1, answer.text

    def roll_up(self) -> None:
        """Compute the hours that readings have touched."""
        refresh_dirty_hours(self.engine, now=self.clock())


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def threads() -> int:
    """Threads that the server believes to have; a test that wants a busy one says fewer."""
    return 40


@pytest.fixture
def live(engine: Engine, now: datetime, tmp_path: Path, password_hash: str, threads: int) -> Iterator[Live]:
    """A server on a free port in which Sari has an account; its database is empty."""
    clock = Clock(now)
    with session_scope(engine) as session:
        create_user(session, "sari", "agronomist", password_hash)
    settings = load_settings(data_dir=tmp_path, log_format="console", threads=threads)
    server = create_server(settings, engine, clock=clock)
    latency_s = float(os.environ.get("HYDROFLEET_TEST_LATENCY_MS", "0")) / 1000
    if latency_s:
        server.wsgi_app = late_answers(server.wsgi_app, latency_s)
    with listening(server, threads=8) as port:
        yield Live(f"http://127.0.0.1:{port}", engine, clock)


@dataclass
class Visit:
    """One reader's browser; ``problems`` collects what no reader should ever cause."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Listen for console errors (violations of the policy are among them) and for requests that go wrong."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", lambda request: self._check_address(request.url))
        self.page.on("requestfailed", lambda request: self._fail(request))
        self.page.on("response", lambda answer: self._check_status(answer.status, answer.url))

    def log_in(self, password: str = PASSWORD) -> None:
        """Fill in the login page and send it."""
        self.page.goto(f"{self.url}/login")
        self.send_login(password)

    def send_login(self, password: str = PASSWORD) -> None:
        """Send the login page that is open."""
        self.page.fill("#name", "sari")
        self.page.fill("#password", password)
        with self.page.expect_navigation():
            self.page.click("button.primary")

    def open(self, path: str, *, wait_for: str = ".ag-row") -> Page:
        """Open a page and wait until it shows ``wait_for``."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector(wait_for)
        return self.page

    def forget_missing(self) -> None:
        """Forget that an address was not there, which the browser reports as it should."""
        self.problems[:] = [problem for problem in self.problems if "404" not in problem]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console {message.type}: {message.text}")

    def _check_address(self, address: str) -> None:
        if not address.startswith((self.url, "data:", "blob:")):
            self.problems.append(f"request to another host: {address}")

    def _check_status(self, status: int, address: str) -> None:
        if status >= 400:
            self.problems.append(f"{status}: {address}")

    def _fail(self, request: Any) -> None:
        # Leaving a page ends what it was still loading; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure}: {request.url}")


@pytest.fixture
def visit(live: Live, chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Give a function that starts a browser, logged in unless told otherwise.

    At the end of the test no browser may have seen a problem; a test that causes one on purpose removes it.
    """
    visits: list[tuple[Visit, BrowserContext]] = []

    def start(
        viewport: dict[str, int] = DESK,
        *,
        scheme: str = "light",
        language: str = "en",
        logged_in: bool = True,
        time_zone: str | None = None,
    ) -> Visit:
        context = chromium.new_context(
            viewport=viewport,
            color_scheme=scheme,
            locale=language,
            has_touch=viewport["width"] < 600,
            timezone_id=time_zone,
        )
        context.set_default_timeout(20_000)
        started = Visit(context.new_page(), live.url)
        started.watch()
        visits.append((started, context))
        if logged_in:
            started.log_in()
        return started

    yield start
    for started, context in visits:
        context.close()
        assert started.problems == []
