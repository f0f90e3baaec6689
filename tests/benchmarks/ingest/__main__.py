"""Measure ingest against its limits: ``python -m tests.benchmarks.ingest [--quick | --full]``.

Starts what it needs: PostgreSQL in the temporary directory (TMPDIR chooses the disk) with durable commits, servers and
a load generator in processes of their own. Compared variants take turns, and medians are compared, because the machine
does other things too: read the ratios. Ends with one line of JSON.
"""

import argparse
import json
from dataclasses import dataclass

from tests.benchmarks.ingest.batches import compare_batches
from tests.benchmarks.ingest.catch_up import catch_up
from tests.benchmarks.ingest.singles import compare_singles
from tests.benchmarks.ingest.stage import stage


@dataclass(frozen=True)
class Size:
    """How much is measured: runs of each variant, seconds of a run, rows of a batch, mornings after, hours of
    the backlog that comes then."""

    runs: int
    run_s: float
    batch_rows: tuple[int, ...]
    mornings: int
    backlog_h: int


SIZES = {
    "quick": Size(3, 2.0, (1000,), 1, 1),
    "default": Size(5, 4.0, (1000, 10_000), 3, 24),
    "full": Size(9, 8.0, (1000, 3000, 10_000), 5, 24),
}
#: Figure -> whether it has to be at least or at most its target.
AT_LEAST = {"batch_vs_copy": 0.4, "single_vs_nodb": 0.75}
AT_MOST = {
    "single_p99_vs_nodb": 3.0,
    "backlog_s": 60.0,
    "live_p95_ms": 400.0,
    "lost": 0,
    "duplicated": 0,
    "rollup_share": 0.25,
    "rollup_lag_s": 5.0,
}


def main() -> None:
    name = _size_name()
    size = SIZES[name]
    figures: dict[str, float] = {}
    limits: dict[str, float] = {}
    with stage() as on:
        for measured in (
            compare_singles(on, runs=size.runs, run_s=size.run_s),
            compare_batches(on, runs=size.runs, sizes=size.batch_rows),
            catch_up(on, hours=size.backlog_h, mornings=size.mornings),
        ):
            figures |= measured.figures
            limits |= measured.limits
    met = all(figures[one] >= least for one, least in AT_LEAST.items())
    met &= all(figures[one] <= most for one, most in AT_MOST.items())
    _print_table(figures)
    print(json.dumps({"bench": "ingest", "size": name, "figures": figures, "limits": limits, "met": met}))


def _size_name() -> str:
    parser = argparse.ArgumentParser(prog="hydrofleet bench ingest", description="Measure ingest against its limits.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="size", help="about a minute")
    choice.add_argument("--full", action="store_const", const="full", dest="size", help="the documented size")
    return str(parser.parse_args().size or "default")


def _print_table(figures: dict[str, float]) -> None:
    print(f"\n{'figure':<20}{'measured':>12}  target")
    for name, value in figures.items():
        target = f">= {AT_LEAST[name]:g}" if name in AT_LEAST else f"<= {AT_MOST[name]:g}"
        print(f"{name:<20}{value:>12.3g}  {target}")
    print()


if __name__ == "__main__":
    main()
