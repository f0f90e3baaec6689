"""Posts of one reading each, against the same server storing nothing."""

from statistics import median

from tests.benchmarks.ingest.load import Answered, Ask, drive_elsewhere
from tests.benchmarks.ingest.measured import Measured
from tests.benchmarks.ingest.stage import FLEET, Stage, serving

CONNECTIONS = 32
#: More than any server answers per connection and second.
_MOST_PER_S = 100


def compare_singles(on: Stage, *, runs: int, run_s: float) -> Measured:
    """Let 32 connections post single readings as fast as they are answered."""
    rates: dict[str, list[float]] = {"stored": [], "no database": []}
    p99s: dict[str, list[float]] = {"stored": [], "no database": []}
    with serving(on) as storing, serving(on, "--no-database") as idle:
        ports = {"stored": storing.port, "no database": idle.port}
        for port in ports.values():
            _run(on, port, 2.0)  # the first posts of a server open its connections
        for _ in range(runs):
            for name, port in ports.items():
                answers = _run(on, port, run_s)
                took = sorted(answer.took_s for answer in answers)
                rates[name].append(len(answers) / max(answer.at_s for answer in answers))
                p99s[name].append(took[int(len(took) * 0.99)])
                print(f"single posts, {name}: {rates[name][-1]:.0f}/s, p99 {1000 * p99s[name][-1]:.0f} ms", flush=True)
    on.empty()
    rate, p99 = ({name: median(values) for name, values in each.items()} for each in (rates, p99s))
    return Measured(
        {
            "single_vs_nodb": rate["stored"] / rate["no database"],
            "single_p99_vs_nodb": p99["stored"] / p99["no database"],
        },
        {"nodb_posts_per_s": rate["no database"], "nodb_p99_ms": 1000 * p99["no database"]},
    )


def _run(on: Stage, port: int, run_s: float) -> list[Answered]:
    lines = []
    for line in range(CONNECTIONS):
        devices = range(line, FLEET, CONNECTIONS)
        count = round(run_s * _MOST_PER_S)
        lines.append([Ask(on.post(one, on.readings(one, 1))) for one in (devices[n % 3] for n in range(count))])
    answers = drive_elsewhere(port, lines, at_most_s=run_s)
    if any(answer.status != 200 for answer in answers):
        raise RuntimeError(f"single posts were answered {sorted({answer.status for answer in answers})}")
    return answers
