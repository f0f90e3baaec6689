"""What arrived, the lines for a notebook run as they are copied, and going on by keyboard."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from app.principal import COMMAND_LINE
from app.read_tokens import ReadTokens
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device


@pytest.fixture
def farm(live: Any) -> Any:
    """pi-1 with a reading a minute of the last two hours, pi-2 without any."""
    for name in ("pi-1", "pi-2"):
        live.add_device(name)
    ts_ms = int(live.clock().timestamp() * 1000) - 60_000 * np.arange(120)[::-1]
    with session_scope(live.engine) as session:
        device = find_device(session, "pi-1")
        assert device is not None
        near = 6.0 + np.arange(120) % 7 / 1000
        sent = SentReadings.of(device.id, ts_ms, ph=near, ec_us_cm=1500.0, water_c=21.0)
        take_in(session, {device.id: device}, sent, now=live.clock())
    live.roll_up()
    return live


def test_the_copied_lines_read_what_is_shown(farm: Any, visit: Callable[..., Any], monkeypatch: Any) -> None:
    page = visit().open("/devices/pi-1?range=24h", wait_for="#device-graph .main-svg")
    expect(page.locator("#device-arrivals-report")).to_contain_text("120 of 120 expected readings arrived (100 %)")
    page.get_by_text("The same in pandas").click()
    code = page.locator("#device-arrivals-code")
    expect(code).to_contain_text("pd.read_csv")
    tokens = ReadTokens(farm.engine, farm.clock)
    token = tokens.create("notebook", expires_at=farm.clock() + timedelta(days=1), devices=None, by=COMMAND_LINE)
    monkeypatch.setenv("HYDROFLEET_TOKEN", token.text)

    read: dict[str, Any] = {}
    exec(code.inner_text(), read)

    frame = read["frame"]
    assert len(frame) == 120
    assert frame["ph"].iloc[:3].tolist() == [6.0, 6.001, 6.002]
    assert str(frame["time_utc"].dtype.tz) == "UTC"

    page.keyboard.press("]")
    expect(page.locator("h1")).to_contain_text("pi-2")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_contain_text("pi-1")
