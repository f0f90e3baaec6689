"""From a card as it was written to the first reading on the page, without a key touched: how long does it take?

    python tests/drills/first_point.py

A real server process with a real PostgreSQL, and the agent as systemd starts it, on a folder laid out like the card of
Raspberry Pi OS: all it knows is the ``hydrofleet.toml`` on its boot partition. The probes are simulated chips on a
simulated bus. Somebody who is logged in asks the API for the newest reading, and then the Fleet page's own callback,
until both show it. Prints one JSON line. The boot of the operating system before the agent's service is left out.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(Path(__file__).parent)]

from enrollment_storm import Server  # noqa: E402 (the path comes first: this file is run, not imported)

from app.pages.fleet.ids import Id  # noqa: E402
from app.passwords import hash_password  # noqa: E402
from models.db import make_engine, session_scope  # noqa: E402
from models.embedded import EmbeddedPostgres  # noqa: E402
from models.migrate import upgrade  # noqa: E402
from models.tokens import TokenKind, make_token  # noqa: E402
from models.write.enrollment_keys import add_key  # noqa: E402
from models.write.people import create_user  # noqa: E402
from pi_reader.roots import Roots  # noqa: E402

#: What is promised.
WITHIN_S = 180.0
_PASSWORD = "correct horse battery"
_SERIAL = "10000000abcdef12"


def write_card(folder: Path, url: str, key: str) -> Roots:
    """Lay out a card as it comes from the writer: an image that has never been started, in a board that has."""
    roots = Roots(folder)
    for path in ("/boot/firmware", "/etc/hydrofleet", "/etc/ssh", "/var/lib"):
        roots.at(path).mkdir(parents=True)
    roots.boot_file.write_text(f'server_url = "{url}"\nenrollment_key = "{key}"\n')
    roots.at("/etc/hydrofleet/pi.toml").write_text('trust_clock = true\n[probes]\nbus = "simulated"\nseed = 5\n')
    roots.host_name.write_text("raspberrypi\n")
    roots.hosts.write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
    roots.device_tree_serial.parent.mkdir(parents=True)
    roots.device_tree_serial.write_bytes(f"{_SERIAL}\0".encode())
    return roots


def start_agent(card: Roots) -> "subprocess.Popen[bytes]":
    """Start what the unit file starts; its standard input is closed: nobody can type."""
    command = [sys.executable, "-m", "pi_reader", "run", "--root", str(card.root)]
    with card.at("/agent.log").open("wb") as log:
        return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def log_in(url: str) -> httpx.Client:
    """Log a viewer in, as a browser does."""
    browser = httpx.Client(base_url=url, headers={"Origin": url, "Sec-Fetch-Site": "same-origin"}, timeout=30)
    token = re.search(r'name="token" value="([^"]+)"', browser.get("/login").text)
    assert token is not None
    answer = browser.post("/login", data={"name": "sari", "password": _PASSWORD, "token": token[1]})
    assert answer.status_code == 303, answer.text
    return browser


def newest_in_api(browser: httpx.Client) -> bool:
    """Tell whether the API gives a reading of pi-1."""
    answer = browser.get("/api/v1/devices/pi-1/readings?limit=1")
    return answer.status_code == 200 and bool(answer.json().get("readings"))


class FleetPage:
    """The Fleet page's own question, as the browser asks it at every tick."""

    def __init__(self, browser: httpx.Client) -> None:
        self._browser = browser
        dependencies = browser.get("/_dash-dependencies").json()
        found = next(each for each in dependencies if f"{Id.GRID}.rowData" in each["output"])
        asked = {part: [{**each, "value": None} for each in found[part]] for part in ("inputs", "state")}
        names = (part.rsplit(".", 1) for part in found["output"].strip(".").split("..."))
        outputs = [{"id": id, "property": name} for id, name in names]
        self._question = {"output": found["output"], "outputs": outputs, **asked}
        self._question["changedPropIds"] = [f"{Id.TICK}.n_intervals"]

    def shows_reading(self) -> bool:
        """Tell whether the row of pi-1 has a value of the water."""
        answer = self._browser.post("/_dash-update-component", json=self._question)
        rows = answer.json()["response"].get(str(Id.GRID), {}).get("rowData") or []
        return any(row["device"] == "pi-1" and row["ph"]["value"] is not None for row in rows)


def measure(folder: Path) -> dict[str, object]:
    """Run the drill; gives its figures."""
    postgres = EmbeddedPostgres.start(folder / "postgresql", report=lambda _: None)
    engine = make_engine(postgres.url)
    upgrade(engine)
    key, now = make_token(TokenKind.ENROLLMENT), datetime.now(UTC)
    with session_scope(engine) as session:
        create_user(session, "sari", "viewer", hash_password(_PASSWORD))
        add_key(session, key, max_uses=1, expires_at=now + timedelta(days=1), now=now)
    server = Server(postgres.url, folder / "server.log")
    agent = None
    try:
        server.wait()
        url = f"http://127.0.0.1:{server.port}"
        browser, card = log_in(url), write_card(folder / "card", url, key.text)
        agent, started = start_agent(card), time.monotonic()
        named = _seconds_until(lambda: card.at("/var/lib/hydrofleet/name").exists(), started)
        in_api = _seconds_until(lambda: newest_in_api(browser), started)
        on_page = _seconds_until(FleetPage(browser).shows_reading, started)
        figures = {"seconds_to_name": named, "seconds_to_reading_in_api": in_api, "seconds_to_reading_on_page": on_page}
        return {**figures, "keystrokes": 0, "load_average": round(os.getloadavg()[0], 1)}
    finally:
        if agent is not None:
            agent.kill()
            agent.wait(30)
        server.stop()
        engine.dispose()
        postgres.stop()


def _seconds_until(true: Callable[[], bool], started: float) -> float:
    while not true():
        if time.monotonic() - started > WITHIN_S:
            return float("inf")
        time.sleep(0.1)
    return round(time.monotonic() - started, 1)


def main() -> int:
    """Run the drill and print one JSON line; 0 if the promise held."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="hydrofleet-first-point-") as folder:
        Path(folder).chmod(0o711)
        figures = measure(Path(folder))
    held = all(float(str(value)) < WITHIN_S for name, value in figures.items() if name.startswith("seconds"))
    print(json.dumps({"test": "first-point", "figures": figures, "pass": held}))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
