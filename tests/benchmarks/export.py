"""Measure exports against ``psql``, and frames against SQL: ``python -m tests.benchmarks.export [--quick | --full]``.

Both run the same COPY of the same readings; what the server adds is the sum of its checks, its digest, waitress and
HTTP. Compared variants take turns, and medians are compared, because the machine does other things too: read the
ratios. Ends with one line of JSON.
"""

import argparse
import hashlib
import http.client
import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert, text

from app.exports import ExportRequest, Selection
from models.db import session_scope
from models.embedded import binaries
from models.partitions import ensure_months
from models.read.devices import list_devices
from models.read.export_query import copy_statement
from models.read.targets import bands_frame
from models.tables import ReadToken
from models.tokens import TokenKind, make_token
from tests.benchmarks import frames
from tests.benchmarks.ingest.stage import Server, Stage, serving, stage

#: Readings of each of the 99 Pis, one a minute, and how often each variant runs.
SIZES = {"quick": (3_000, 3), "default": (20_000, 5), "full": (100_000, 7)}
#: What is asked of the server, and how much of the speed of psql it must have.
FORMATS = {"csv": "csv", "gzip": "csv.gz", "parquet": "parquet"}
AT_LEAST = {"csv_vs_copy": 0.6, "gzip_vs_copy": 0.25, "parquet_vs_copy": 0.5}
AT_MOST = {"differs_from_copy": 0.0, "first_byte_ms": 1000.0, "server_mib_above_idle": 150.0, **frames.AT_MOST}
START = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    size = _size_name()
    with stage() as on:
        figures, limits = measure(on, *SIZES[size])
        on.empty()
        minutes, days, runs = frames.SIZES[size]
        of_frames = frames.measure(on, minutes=minutes, days=days, runs=runs)
    figures |= {name: of_frames[name] for name in frames.AT_MOST}
    limits |= {name: value for name, value in of_frames.items() if name not in frames.AT_MOST}
    met = all(figures[one] >= least for one, least in AT_LEAST.items())
    met &= all(figures[one] <= most for one, most in AT_MOST.items())
    for figure, value in figures.items():
        target = f">= {AT_LEAST[figure]:g}" if figure in AT_LEAST else f"<= {AT_MOST[figure]:g}"
        print(f"{figure:<24}{value:>10.3g}  {target}")
    print(json.dumps({"bench": "export", "size": size, "figures": figures, "limits": limits, "met": met}))


def measure(on: Stage, each: int, runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Give the figures, and the seconds behind them."""
    _fill(on, each)
    script = _psql_script(on, each)
    with serving(on) as server:
        headers = {"Authorization": f"Bearer {_read_token(on)}"}
        urls = {name: _url(kind, each) for name, kind in FORMATS.items()}
        _get(server, _url("csv", 60), headers)
        idle = _peak_mib(server)
        took: dict[str, list[tuple[float, float]]] = {"copy": [], **{name: [] for name in FORMATS}}
        for run in range(runs):
            print(f"run {run + 1} of {runs}", flush=True)
            took["copy"].append((0.0, _timed(lambda: _psql(on, script))))
            for name, url in urls.items():
                took[name].append(_get(server, url, headers))
        peak = _peak_mib(server, reset=False)
        differs = _digest_of_export(server, urls["csv"], headers) != _digest_of_psql(on, script)
    seconds = {name: median(whole for _, whole in runs_of) for name, runs_of in took.items()}
    figures = {f"{name}_vs_copy": seconds["copy"] / seconds[name] for name in FORMATS}
    figures["differs_from_copy"] = float(differs)
    figures["first_byte_ms"] = 1000 * max(first for name in FORMATS for first, _ in took[name])
    figures["server_mib_above_idle"] = peak - idle
    return figures, {**{f"{name}_s": whole for name, whole in seconds.items()}, "readings": 99 * each}


def _fill(on: Stage, each: int) -> None:
    months = {(START + timedelta(minutes=n)).date().replace(day=1) for n in range(0, each, 1440)}
    with session_scope(on.engine) as session:
        ensure_months(session.connection(), sorted(months))
        session.execute(
            text(
                "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, quality, ph_calibration_id) "
                "SELECT d.id, :start + n * interval '1 min', 6 + random() / 4, 1400 + random(), 21 + random(), 273, 1 "
                "FROM devices d, generate_series(0, :last) AS n"
            ),
            {"start": START, "last": each - 1},
        )
    with on.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE readings"))


def _psql_script(on: Stage, each: int) -> str:
    """Write the statements that the server runs, one for every device."""
    request = ExportRequest(Selection(), START, START + timedelta(minutes=each))
    with session_scope(on.engine) as session:
        statements = [
            copy_statement(
                request.query(), one.id, request.start, request.end, bands_frame(session, one.id, START, request.end)
            ).as_string(None)
            for one in list_devices(session)
        ]
    return ";\n".join(["SET TimeZone = 'UTC'", *statements]) + ";\n"


def _psql(on: Stage, script: str) -> None:
    command = [binaries() / "psql", "--quiet", "--no-psqlrc", on.url]
    subprocess.run(command, input=script, text=True, stdout=subprocess.DEVNULL, check=True)


def _digest_of_psql(on: Stage, script: str) -> str:
    """Give the SHA-256 of all that psql writes."""
    digest, file = hashlib.sha256(), on.directory / "copies.sql"
    file.write_text(script)
    command = [binaries() / "psql", "--quiet", "--no-psqlrc", "--file", file, on.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as psql:
        assert psql.stdout is not None
        while block := psql.stdout.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _digest_of_export(server: Server, url: str, headers: dict[str, str]) -> str:
    """Give the SHA-256 of a whole export without its head."""
    connection, digest = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), hashlib.sha256()
    connection.request("GET", url, headers=headers)
    answer = connection.getresponse()
    answer.readline()
    while block := answer.read(1 << 20):
        digest.update(block)
    connection.close()
    return digest.hexdigest()


def _read_token(on: Stage) -> str:
    token = make_token(TokenKind.READ)
    ends = datetime.now(UTC) + timedelta(days=1)
    with session_scope(on.engine) as session:
        session.execute(insert(ReadToken).values(id=token.id, digest=token.digest, note="bench", expires_at=ends))
    return token.text


def _url(kind: str, each: int) -> str:
    start, end = (moment.isoformat().replace("+00:00", "Z") for moment in (START, START + timedelta(minutes=each)))
    return f"/api/v1/export.{kind}?start={start}&end={end}&tz=UTC"


def _get(server: Server, url: str, headers: dict[str, str]) -> tuple[float, float]:
    """Read a whole export; give the seconds until the first byte of it, and until the last."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", url, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read(1)
    first = time.perf_counter() - began
    while answer.read(1 << 20):
        pass
    connection.close()
    return first, time.perf_counter() - began


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak_mib(server: Server, *, reset: bool = True) -> float:
    """Give the most memory that the server has held, and begin to watch anew."""
    process = Path(f"/proc/{server.process.pid}")
    peak = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    if reset:
        (process / "clear_refs").write_text("5")
    return int(peak.split()[1]) / 1024


def _size_name() -> str:
    parser = argparse.ArgumentParser(prog="hydrofleet bench export", description="Measure exports against psql.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="size", help="about a minute")
    choice.add_argument("--full", action="store_const", const="full", dest="size", help="the documented size")
    return str(parser.parse_args().size or "default")


if __name__ == "__main__":
    main()
