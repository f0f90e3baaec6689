"""Measure the pages: ``python -m tests.benchmarks.pages [--quick | --full] [--keep DIR]``.

A farm of 99 Pis is loaded, every page's callbacks are asked for random views through the real app, and the same is
done on a farm of a tenth of the readings: what shows the same stretch must not take longer. Figures are elapsed
milliseconds; processor time, this process and the database together, stands beside them, because it does not depend on
what else the machine does. Ends with one line of JSON.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.pages.answers import Cost, costs, figure_kib, visiting
from tests.benchmarks.pages.arrival import first_paint_ms
from tests.benchmarks.pages.crowd import crowd_p95_ms
from tests.benchmarks.pages.farm import Farm, farm
from tests.benchmarks.pages.views import KINDS, Kind

MOST_GROWTH, MOST_CROWDED = 1.3, 2.0
MOST_COLD_MS, MOST_WARM_MS, MOST_FIGURE_KIB = 2000.0, 700.0, 150.0


@dataclass(frozen=True)
class Size:
    """Days of the farm and of the smaller one (0: none), views of every kind, seconds that people click."""

    days: int
    smaller: int
    views: int
    click_s: float


SIZES = {"quick": Size(4, 0, 10, 10.0), "default": Size(36, 4, 50, 60.0), "full": Size(365, 36, 50, 120.0)}


def main() -> None:
    name, keep = _arguments()
    size = SIZES[name]
    small: dict[str, Cost] = {}
    if size.smaller:
        with _farm(keep, size.smaller) as on:
            small = _measure(on, size.views)
    with _farm(keep, size.days) as on:
        print(f"\n{on.readings:,} readings, loaded in {on.loaded_s:.0f} s, {on.bytes / 1e9:.1f} GB", flush=True)
        big = _measure(on, size.views)
        with visiting(on) as browser:
            year = figure_kib(browser, next(one for one in KINDS if one.name == "device 1 y"))
        paint = first_paint_ms(on)
        alone, together = crowd_p95_ms(on, size.click_s)
        readings = on.readings
    growth = {
        kind: big[kind].cpu(50) / cost.cpu(50) for kind, cost in small.items() if _is_same(cost.kind, size.smaller)
    }
    _print_table(big, small, growth)
    figures = {
        "readings": readings,
        "p95_ms": {kind: round(cost.elapsed(95), 1) for kind, cost in big.items()},
        "cpu_p95_ms": {kind: round(cost.cpu(95), 1) for kind, cost in big.items()},
        "growth": {kind: round(one, 2) for kind, one in growth.items()},
        "first_paint_cold_ms": None if paint is None else round(paint[0]),
        "first_paint_warm_ms": None if paint is None else round(paint[1]),
        "figure_kib": round(year, 1),
        "crowded": round(together / alone, 2),
    }
    limits = {
        "p95_ms": {one.name: one.limit_ms for one in KINDS},
        "growth": MOST_GROWTH,
        "first_paint_cold_ms": MOST_COLD_MS,
        "first_paint_warm_ms": MOST_WARM_MS,
        "figure_kib": MOST_FIGURE_KIB,
        "crowded": MOST_CROWDED,
        "crowded_alone_p95_ms": round(alone, 1),
        "load_of_the_machine": os.getloadavg()[0],
    }
    missed = _missed(big, growth, figures)
    print("\n".join(f"not met: {one}" for one in missed))
    print(json.dumps({"bench": "pages", "size": name, "figures": figures, "limits": limits, "met": not missed}))


def _measure(on: Farm, views: int) -> dict[str, Cost]:
    measured = {}
    with visiting(on) as browser:
        for cost in costs(on, browser, KINDS, views):
            measured[cost.kind.name] = cost
            print(f"{on.days} days, {cost.kind.name}: p95 {cost.elapsed(95):.0f} ms", flush=True)
    return measured


def _is_same(kind: Kind, days: int) -> bool:
    """Tell whether a kind shows the same on a farm of so few days as on a larger one."""
    return kind.days is not None and kind.days <= days


def _print_table(big: dict[str, Cost], small: dict[str, Cost], growth: dict[str, float]) -> None:
    heads = ("ms", "p50", "p95", "limit", "CPU p50", "CPU p95", "growth", "KiB")
    print("\n" + f"{heads[0]:<28}" + "".join(f"{head:>9}" for head in heads[1:]))
    for kind, cost in big.items():
        numbers = (cost.elapsed(50), cost.elapsed(95), cost.kind.limit_ms, cost.cpu(50), cost.cpu(95))
        grown = f"{growth[kind]:9.2f}" if kind in growth else f"{'–':>9}"
        print(f"{kind:<28}" + "".join(f"{number:9.1f}" for number in numbers) + grown + f"{cost.packed_kib:9.1f}")


def _missed(big: dict[str, Cost], growth: dict[str, float], figures: dict[str, object]) -> list[str]:
    late = [
        f"{kind}: p95 {cost.elapsed(95):.0f} ms, at most {cost.kind.limit_ms:.0f} (processors: {cost.cpu(95):.0f} ms)"
        for kind, cost in big.items()
        if cost.elapsed(95) > cost.kind.limit_ms
    ]
    grown = [f"{kind} grows {one:.2f} x, at most {MOST_GROWTH}" for kind, one in growth.items() if one > MOST_GROWTH]
    limits = {
        "first_paint_cold_ms": MOST_COLD_MS,
        "first_paint_warm_ms": MOST_WARM_MS,
        "figure_kib": MOST_FIGURE_KIB,
        "crowded": MOST_CROWDED,
    }
    others = [
        f"{one} is {figures[one]}, at most {most:g}"
        for one, most in limits.items()
        if isinstance(figures[one], int | float) and figures[one] > most  # type: ignore[operator]
    ]
    return [*late, *grown, *others]


@contextmanager
def _farm(keep: Path | None, days: int) -> Iterator[Farm]:
    if keep is not None:
        with farm(keep / f"{days}-days", days) as on:
            yield on
        return
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-") as directory, farm(Path(directory), days) as on:
        yield on


def _arguments() -> tuple[str, Path | None]:
    parser = argparse.ArgumentParser(prog="hydrofleet bench pages", description="Measure the pages.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="size", help="about a minute")
    choice.add_argument("--full", action="store_const", const="full", dest="size", help="the documented size")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the farms here, and use those that are there")
    given = parser.parse_args()
    return str(given.size or "default"), given.keep


if __name__ == "__main__":
    main()
