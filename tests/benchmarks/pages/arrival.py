"""From the address to the first tank on the screen, in a real Chromium."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from app.pages.fleet import page as fleet
from tests.benchmarks.pages.answers import add_person
from tests.benchmarks.pages.browser import NAME, PASSWORD
from tests.benchmarks.pages.farm import Farm
from tests.benchmarks.pages.served import serving

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_ROUNDS = 5
#: A script is kept compiled once it has been needed twice.
_SETTLING = 3
#: Notes when the first row of the grid has been painted.
_WATCH = """
new MutationObserver((_, watching) => {
    if (document.querySelector(".ag-center-cols-container .ag-row")) {
        watching.disconnect();
        const note = () => { document.documentElement.dataset.paintedMs = performance.now(); };
        requestAnimationFrame(() => setTimeout(note));
    }
}).observe(document, {childList: true, subtree: true});
"""


def first_paint_ms(on: Farm) -> tuple[float, float] | None:
    """Give the median time to the first tank with nothing cached and with everything; None without a browser."""
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        return None
    add_person(on)
    with serving(on) as url, sync_playwright() as playwright:
        with _profile(playwright, path) as visitor:
            _log_in(visitor, url)
            cookies = visitor.cookies()
            warm = [_paint_ms(visitor, url) for _ in range(_ROUNDS + _SETTLING)][_SETTLING:]
        cold = []
        for _ in range(_ROUNDS):
            with _profile(playwright, path) as stranger:
                stranger.add_cookies(cookies)  # type: ignore[arg-type]  # as the other profile gave them
                cold.append(_paint_ms(stranger, url))
    return median(cold), median(warm)


@contextmanager
def _profile(playwright: Playwright, path: str) -> Iterator[BrowserContext]:
    """Start a browser with a new profile on disk, as people have one: it keeps the compiled scripts, too."""
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-") as folder:
        # Chromium's own sandbox does not work for root.
        visitor = playwright.chromium.launch_persistent_context(folder, executable_path=path, args=["--no-sandbox"])
        try:
            yield visitor
        finally:
            visitor.close()


def _log_in(context: BrowserContext, url: str) -> None:
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("input[name=name]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]:not([name])")
    page.wait_for_url(lambda address: "/login" not in address)
    page.close()


def _paint_ms(context: BrowserContext, url: str) -> float:
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(url + fleet.path)
    # Asked by a selector, because the pages let nobody evaluate a string.
    painted = page.wait_for_selector("html[data-painted-ms]", timeout=60_000)
    took = float((painted and painted.get_attribute("data-painted-ms")) or "nan")
    page.close()
    return took
