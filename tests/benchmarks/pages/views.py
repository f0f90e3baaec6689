"""Random views of every page: which callback is asked for what, and how long a stretch of time it shows."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from app.components.ids import ShellId
from app.pages.calibrate.ids import Id as Calibrate
from app.pages.compare.ids import Id as Compare
from app.pages.device.ids import Id as Device
from app.pages.device.insights.ids import InsightId
from app.pages.fleet.ids import Id as Fleet
from app.pages.heatmap.ids import Id as Heatmap
from app.pages.targets.ids import Id as Targets
from app.pages.today.ids import Id as Today
from tests.benchmarks.pages.farm import NOW, PIS

Values = Mapping[str, Any]
#: What a callback may take, in ms; some pages have limits of their own.
USUAL_LIMIT_MS = 100.0


class View(NamedTuple):
    """One question: the component property to be filled, the one that changed, and what stands in the others."""

    output: str
    changed: str
    values: Values


@dataclass(frozen=True)
class Kind:
    """A kind of question. ``days`` is the stretch that it shows, None for all there is."""

    name: str
    view: Callable[[random.Random], View]
    days: float | None = 0.0
    limit_ms: float = USUAL_LIMIT_MS


def _device(address: str) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        values = {
            f"{Device.DEVICE}.data": _name(choice),
            f"{Device.VIEW}.data": address,
            f"{ShellId.UNIT}.value": choice.choice(["us-cm", "ppm500", "ms-cm"]),
            f"{Device.SCREEN}.data": {"dark": choice.random() < 0.5, "narrow": choice.random() < 0.3},
        }
        return View(f"{Device.GRAPH}.figure", f"{Device.VIEW}.data", values)

    return view


def _insight(output: str, days: int) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        start, end = (moment.isoformat() for moment in (NOW - timedelta(days=days), NOW))
        stretch = {"from": start, "to": end, "unit": "us-cm"}
        quantity = choice.choice(["ph", "ec_us_cm", "water_c"])
        values = {
            f"{Device.DEVICE}.data": _name(choice),
            f"{InsightId.STRETCH}.data": stretch,
            f"{InsightId.QUANTITY}.value": quantity,
        }
        return View(output, f"{InsightId.STRETCH}.data", values)

    return view


def _tick(choice: random.Random) -> View:
    values = {f"{Device.DEVICE}.data": _name(choice), f"{Device.TICK}.n_intervals": choice.randrange(1000)}
    return View(f"{Device.HEADER}.children", f"{Device.TICK}.n_intervals", values)


def _fleet(_choice: random.Random) -> View:
    return View(f"{Fleet.GRID}.rowData", f"{Fleet.TICK}.n_intervals", {f"{Fleet.TICK}.n_intervals": 1})


def _today(_choice: random.Random) -> View:
    return View(f"{Today.NUMBERS}.children", f"{Today.TICK}.n_intervals", {f"{Today.TICK}.n_intervals": 1})


def _compare(choice: random.Random) -> View:
    names = ",".join(f"pi-{one}" for one in choice.sample(range(1, PIS + 1), 20))
    address = f"?devices={names}&quantity={choice.choice(['ph', 'ec', 'water'])}&range=30d"
    return View(f"{Compare.GRAPH}.figure", f"{Compare.VIEW}.data", {f"{Compare.VIEW}.data": address})


def _map(output: str, address: str) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        quantity = choice.choice(["ph", "ec", "water"])
        low, width = {"ph": (5.5, 0.1), "ec": (1000.0, 50.0), "water": (18.0, 0.5)}[quantity]
        low += width * choice.randrange(4)
        band = {"low": f"{low:g}", "high": f"{low + width * choice.randrange(6, 12):g}"}
        asked = address.format(quantity=quantity, **band)
        values = {f"{Heatmap.VIEW}.data": asked, f"{Heatmap.TABLE_HEAD}.n_clicks": 1}
        return View(output, f"{Heatmap.VIEW}.data", values)

    return view


def _target_effect(choice: random.Random) -> View:
    typed = {Targets.CROP: "lettuce", Targets.CELL: "adult|ph", Targets.HIGH: "6.4"}
    typed[Targets.LOW] = f"5.{choice.randrange(4, 8)}"
    values = {f"{name}.value": value for name, value in typed.items()}
    values |= {f"{Targets.SOURCE}.value": "a trial", f"{Targets.FROM}.value": "2026-12-01"}
    return View(f"{Targets.EFFECT}.children", f"{Targets.LOW}.value", values)


def _with_crop(output: str) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        crop = choice.choice(["lettuce", "basil", "kale", "spinach"])
        return View(output, f"{Targets.CROP}.value", {f"{Targets.CROP}.value": crop})

    return view


def _tanks(choice: random.Random) -> View:
    values = {f"{Targets.SEARCH}.value": choice.choice(["", "green", "pi-1"])}
    return View(f"{Targets.TANKS}.children", f"{Targets.SEARCH}.value", values)


def _calibrate(output: str) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        values = {
            f"{Calibrate.DEVICE}.value": _name(choice),
            f"{Calibrate.QUANTITY}.value": choice.choice(["ph", "ec_us_cm"]),
        }
        return View(output, f"{Calibrate.DEVICE}.value", values)

    return view


def _page(path: Callable[[random.Random], str]) -> Callable[[random.Random], View]:
    def view(choice: random.Random) -> View:
        values = {"_pages_location.pathname": path(choice), "_pages_location.search": ""}
        return View("_pages_content.children", "_pages_location.pathname", values)

    return view


def _name(choice: random.Random) -> str:
    return f"pi-{choice.randrange(1, PIS + 1)}"


_YEAR = "?quantity={quantity}&range=1y"
KINDS = (
    Kind("device 24 h", _device("?range=24h&window=1h"), 1),
    Kind("device 7 d", _device("?range=7d&window=6h"), 7),
    Kind("device 30 d", _device("?range=30d&window=6h"), 30),
    Kind("device 30 d, rolling 7 d", _device("?range=30d&window=7d"), 30),
    Kind("device 1 y", _device("?range=1y&window=24h"), 365),
    Kind("device all", _device("?range=all&window=7d"), None),
    Kind("device tick", _tick),
    Kind("findings", _insight(f"{InsightId.FINDINGS}.children", 7), 14),
    Kind("time in range 30 d", _insight(f"{InsightId.RANGES}.children", 30), 30),
    Kind("typical day 30 d", _insight(f"{InsightId.DAY}.figure", 30), 30),
    Kind("uptake 30 d", _insight(f"{InsightId.UPTAKE}.children", 30), 30),
    Kind("time in range 1 y", _insight(f"{InsightId.RANGES}.children", 365), 365),
    Kind("typical day 1 y", _insight(f"{InsightId.DAY}.figure", 365), 365),
    Kind("uptake 1 y", _insight(f"{InsightId.UPTAKE}.children", 365), 365),
    Kind("today", _today, 14),
    Kind("fleet", _fleet, 1),
    Kind("compare 20 Pis, 30 d", _compare, 30, 250.0),
    Kind("heatmap 7 d", _map(f"{Heatmap.GRAPH}.figure", "?quantity={quantity}&range=7d"), 7),
    Kind("heatmap 365 d", _map(f"{Heatmap.GRAPH}.figure", _YEAR), 365, 60.0),
    Kind("heatmap 365 d, what if", _map(f"{Heatmap.GRAPH}.figure", _YEAR + "&low={low}&high={high}"), 365, 150.0),
    Kind("heatmap 365 d, severity", _map(f"{Heatmap.GRAPH}.figure", _YEAR + "&weight=severity"), 365, 150.0),
    Kind("heatmap table 365 d", _map(f"{Heatmap.TABLE}.children", _YEAR), 365),
    Kind("heatmap hours of the day", _map(f"{Heatmap.DAY_GRAPH}.figure", _YEAR), 30),
    Kind("targets of a crop", _with_crop(f"{Targets.CELL}.children")),
    Kind("targets, tanks", _tanks),
    Kind("targets, what it would do", _target_effect),
    Kind("calibrate, signal", _calibrate(f"{Calibrate.SIGNAL}.data")),
    Kind("calibrate, history", _calibrate(f"{Calibrate.HISTORY}.children")),
    Kind("page of a device", _page(lambda choice: f"/devices/{_name(choice)}")),
    Kind("page of today", _page(lambda _: "/")),
    Kind("page of the fleet", _page(lambda _: "/fleet")),
    Kind("page of the heatmap", _page(lambda _: "/heatmap")),
)
