"""The programs of docs/other-devices.md, cut out of the page and run against the real HTTP server."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

PAGE = (Path(__file__).parent.parent.parent / "docs" / "other-devices.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def now() -> datetime:
    """The programs on the page ask the machine for the time."""
    return datetime.now(UTC)


def stored(api: Any) -> list[tuple[float | None, ...]]:
    query = text("SELECT ph_mv, ec_mv, water_c, round(ph::numeric, 2)::float, ec_us_cm FROM readings ORDER BY ts")
    with api.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl(api: Any, pi: Any, served: httpx.Client) -> None:
    (program,) = blocks("sh")
    environment = {"PATH": os.environ["PATH"], "SERVER": str(served.base_url).rstrip("/"), "DEVICE": pi.token.text}

    done = subprocess.run(["sh", "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["accepted"] == 1
    assert stored(api)[0][:3] == (1655.2, 1210.4, 21.4)


class EndOfTest(BaseException):
    """Ends the program's endless loop."""


def module(name: str, **contents: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(contents)
    return made


def post(url: str, headers: dict[str, str], data: str) -> SimpleNamespace:
    """Post as MicroPython's urequests does."""
    request = urllib.request.Request(url, data.encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            status, said = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, said = error.code, error.read().decode()
    return SimpleNamespace(status_code=status, text=said, close=lambda: None)


def esp32(
    monkeypatch: pytest.MonkeyPatch,
    *,
    looks: int,
    online: Any = lambda: True,
    settime: Any = lambda: None,
) -> None:
    """Stand in for the libraries of an ESP32: two boards at steady voltages, a thermometer, and Wi-Fi."""
    seconds: list[float] = []

    def sleep(duration: float) -> None:
        # Every reading of the program is one second after the other here.
        if duration == 60:
            seconds.append(duration)
        if len(seconds) == looks:
            raise EndOfTest

    class Adc:
        ATTN_11DB = 3

        def __init__(self, pin: int, atten: int) -> None:
            self.pin = pin

        def read_uv(self) -> int:
            return {34: 1_655_000, 35: 1_210_000}[self.pin]

    class Thermometers:
        def __init__(self, wire: Any) -> None:
            self.convert_temp = lambda: None
            self.scan = lambda: [b"\x28"]
            self.read_temp = lambda rom: 21.5

    class Wlan:
        def __init__(self, interface: int) -> None:
            self.isconnected = online
            self.active = self.connect = lambda *_: None

    began = time.time()
    fakes = {
        "time": module("time", sleep=sleep, gmtime=lambda: time.gmtime(began - 60 + len(seconds))),
        "machine": module("machine", ADC=Adc, Pin=lambda number: number),
        "network": module("network", WLAN=Wlan, STA_IF=0),
        "ntptime": module("ntptime", settime=settime),
        "onewire": module("onewire", OneWire=lambda pin: pin),
        "ds18x20": module("ds18x20", DS18X20=Thermometers),
        "urequests": module("urequests", post=post),
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)


def run_micropython(served: httpx.Client, pi: Any) -> None:
    (program,) = blocks("python")
    program = program.replace("https://farm.local", str(served.base_url).rstrip("/"))
    program = program.replace("hfd_...", pi.token.text)
    with pytest.raises(EndOfTest):
        exec(compile(program, "main.py", "exec"), {"__name__": "__main__"})


def test_esp32_with_micropython(api: Any, pi: Any, served: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    esp32(monkeypatch, looks=3)

    run_micropython(served, pi)

    # The third look is delivered in the round after it, which the test does not wait for.
    assert [row[:3] for row in stored(api)] == [(1655.0, 1210.0, 21.5)] * 2


def test_esp32_keeps_its_readings_while_there_is_no_network(
    api: Any, pi: Any, served: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def online() -> bool:
        asked.append(None)
        return len(asked) > 8

    esp32(monkeypatch, looks=6, online=online)

    run_micropython(served, pi)

    assert len(stored(api)) == 5


def test_esp32_delivers_where_no_time_server_is_reached(
    api: Any, pi: Any, served: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(-2)

    esp32(monkeypatch, looks=3, settime=fail)

    run_micropython(served, pi)

    assert len(stored(api)) == 2


def test_telegraf(api: Any, pi: Any, served: httpx.Client) -> None:
    (page,) = blocks("toml")
    config = tomllib.loads(page.replace("hfd_...", pi.token.text))
    (source,), (output,) = config["inputs"]["mqtt_consumer"], config["outputs"]["influxdb_v2"]
    fields = json.loads(re.search(r"JSON such as `(\{.*?\})`", PAGE)[1])  # type: ignore[index]
    assert source["name_override"] in output["namepass"]
    line = f"{source['name_override']},host=gh3,topic={source['topics'][0]} "
    line += ",".join(f"{name}={value}" for name, value in fields.items()) + f" {int(time.time()) * 10**9}\n"

    # What outputs.influxdb_v2 of Telegraf 1.36 sends, with its defaults.
    answer = served.post(
        "/api/v2/write",
        params={"bucket": output["bucket"], "org": output["organization"]},
        content=gzip.compress(line.encode()),
        headers={
            "Authorization": f"Token {output['token']}",
            "Content-Encoding": "gzip",
            "Content-Type": "text/plain; charset=utf-8",
            "User-Agent": "Telegraf/1.36.4 Go/1.25.3",
        },
    )

    assert answer.status_code == 204, answer.text
    assert stored(api) == [(None, None, 21.4, 6.1, 1512.0)]


# Node-RED gives a function node msg, flow, env and node; its http request node sends msg and sets statusCode.
HARNESS = """
const [keep, forget] = JSON.parse(process.argv[1]);
const values = {};
const flow = { get: (name) => values[name], set: (name, value) => { values[name] = value; } };
const env = { get: (name) => process.env[name] };
const shown = [];
const node = { status: (status) => shown.push(status.text) };
const call = (code, msg) => new Function("msg", "flow", "env", "node", code)(msg, flow, env, node);
const pause = () => new Promise((done) => setTimeout(done, 5));
const measured = () => call(keep, { payload: { ph: 6.1, ec_us_cm: 1512, water_c: 21.4 } });
const posted = [];
const post = async (msg) => {
    posted.push(msg.sent.length);
    try {
        const body = JSON.stringify(msg.payload);
        const answer = await fetch(msg.url, { method: msg.method, headers: msg.headers, body });
        msg.statusCode = answer.status;
    } catch (error) {
        msg.statusCode = "ECONNREFUSED";
    }
    return msg;
};
"""
# The server is away, then there.
AWAY = """
(async () => {
    const ports = ["http://127.0.0.1:9", process.env.REAL_URL];
    for (const url of ports) {
        process.env.HYDROFLEET_URL = url;
        call(forget, await post(measured()));
        await pause();
    }
    console.log(JSON.stringify({ shown, left: values.kept.length }));
})();
"""
# The timer fires twice while a post is under way; then one is never answered, and the one after it is.
OVERLAPPING = """
(async () => {
    process.env.HYDROFLEET_URL = process.env.REAL_URL;
    const answered = await post(measured());
    await pause();
    const meanwhile = [measured()];
    await pause();
    meanwhile.push(measured());
    await pause();
    call(forget, answered);
    const lost = measured();
    await pause();
    const now = Date.now;
    Date.now = () => now() + 140000;
    meanwhile.push(measured());
    await pause();
    Date.now = () => now() + 160000;
    const last = await post(measured());
    call(forget, { ...lost, statusCode: "ETIMEDOUT" });
    meanwhile.push(measured());
    call(forget, last);
    console.log(JSON.stringify({ meanwhile, lost: lost.sent.length, posted, left: values.kept.length }));
})();
"""


def node_red(pi: Any, served: httpx.Client, flow: str) -> Any:
    """Run the functions of the page through a course of events, and give what it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HYDROFLEET_TOKEN": pi.token.text,
        "REAL_URL": str(served.base_url).rstrip("/"),
    }
    command = ["node", "-e", HARNESS + flow, json.dumps(blocks("js"))]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_node_red_keeps_what_was_not_answered_and_delivers_it_later(api: Any, pi: Any, served: httpx.Client) -> None:
    told = node_red(pi, served, AWAY)

    assert told == {"shown": ["kept, HTTP ECONNREFUSED", "2 delivered"], "left": 0}
    assert stored(api) == [(None, None, 21.4, 6.1, 1512.0)] * 2


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_node_red_sends_nothing_twice_and_loses_nothing_when_posts_overlap(
    api: Any, pi: Any, served: httpx.Client
) -> None:
    told = node_red(pi, served, OVERLAPPING)

    # One, then the two that came meanwhile and another in a post that is lost, then these again with two more.
    assert told == {"meanwhile": [None] * 4, "lost": 3, "posted": [1, 5], "left": 1}
    assert len(stored(api)) == 6
