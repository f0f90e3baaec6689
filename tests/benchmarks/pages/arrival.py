"""From the address to the first tank on the screen, in a real Chromium."""

import shutil
from statistics import median

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from app.pages.fleet import page as fleet
from tests.benchmarks.pages.answers import add_person
from tests.benchmarks.pages.browser import NAME, PASSWORD
from tests.benchmarks.pages.farm import Farm
from tests.benchmarks.pages.served import serving

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_ROUNDS = 5
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
        # Chromium's own sandbox does not work for root.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        visitor = chromium.new_context()
        _log_in(visitor, url)
        cookies = visitor.cookies()
        warm = [_paint_ms(visitor, url) for _ in range(_ROUNDS + 1)][1:]
        cold = [_cold_ms(chromium, url, cookies) for _ in range(_ROUNDS)]
        chromium.close()
    return median(cold), median(warm)


def _cold_ms(chromium: Browser, url: str, cookies: object) -> float:
    context = chromium.new_context(storage_state={"cookies": cookies, "origins": []})  # type: ignore[typeddict-item]
    took = _paint_ms(context, url)
    context.close()
    return took


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
