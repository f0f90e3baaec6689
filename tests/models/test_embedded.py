"""The bundled server under the accidents that happen to it: killed, copied, restarted, found by others."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from models.embedded import EmbeddedPostgres, binaries
from models.embedded_user import server_user
from models.errors import EmbeddedPostgresError

ROOT = Path(__file__).parents[2]
START_AND_WAIT = """
import sys, time
from pathlib import Path
from models.embedded import EmbeddedPostgres
print(EmbeddedPostgres.start(Path(sys.argv[1]), report=lambda line: None).pid, flush=True)
time.sleep(600)
"""
START_STOP_AND_WAIT = """
import sys, time
from pathlib import Path
from models.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]), report=lambda line: None)
print(server.pid, flush=True)
sys.stdin.readline()
server.stop()
print("left", flush=True)
time.sleep(600)
"""


def quiet(_line: str) -> None:
    """Swallow progress."""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory that other runs of pytest leave alone; they take back permissions on their common one."""
    with tempfile.TemporaryDirectory(prefix="hydrofleet-embedded-") as directory:
        yield Path(directory)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Give a function that starts, or joins, the server of a data directory and is stopped at the end."""
    servers: list[EmbeddedPostgres] = []

    def start(data_dir: Path = tmp_path / "data", report: Callable[[str], None] = quiet) -> EmbeddedPostgres:
        servers.append(EmbeddedPostgres.start(data_dir, report))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def run(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() if cursor.description else None


def kill_everything(pid: int) -> None:
    """Do what a power cut does: the server gets no chance to say goodbye to its files."""
    postmaster = psutil.Process(pid)
    postmaster.suspend()
    family = [*postmaster.children(recursive=True), postmaster]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=30)


def wait_until(condition: Callable[[], bool], *, within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_what_was_committed_survives_kill_9(start):
    server = start()
    run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill_everything(server.pid)

    again = start()

    assert run(again, "SELECT answer FROM kept") == (42,)


def test_a_server_whose_postmaster_alone_was_killed_starts_again(start):
    server = start()
    run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server.pid, signal.SIGKILL)

    again = start()

    assert run(again, "SELECT answer FROM kept") == (42,)


def test_a_path_of_three_hundred_characters_works_and_is_cleaned_up(start, tmp_path):
    data_dir = tmp_path / ("long-directory-name" * 6) / ("another-long-name" * 6) / ("and-one-more" * 6)
    server = start(data_dir)
    socket_dir = Path(run(server, "SHOW unix_socket_directories")[0])

    server.stop()

    assert len(str(data_dir)) > 300
    assert not socket_dir.exists()


def test_no_network_port_is_opened(start):
    server = start()

    assert run(server, "SHOW listen_addresses") == ("",)
    assert psutil.Process(server.pid).net_connections(kind="inet") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
def test_another_user_of_the_machine_cannot_connect(start):
    server = start()

    tried = subprocess.run(
        ["setpriv", "--reuid=nobody", "--clear-groups", server.bin_dir / "psql", server.url, "-c", "SELECT 1"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )

    assert tried.returncode != 0
    assert "Permission denied" in tried.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
def test_another_user_of_the_machine_cannot_read_the_password_or_the_data(start, tmp_path):
    start()

    tried = subprocess.run(
        ["setpriv", "--reuid=nobody", "--clear-groups", "cat", tmp_path / "data" / "postgres.password"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Permission denied" in tried.stderr
    assert (tmp_path / "data" / "postgres").stat().st_mode & 0o077 == 0


def test_the_socket_alone_does_not_let_anybody_in(start):
    server = start()
    password = server.url.split(":")[2].split("@")[0]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password, "guessed"))


def test_a_second_start_joins_and_the_last_one_out_stops_the_server(start):
    first = start()
    second = start()
    assert second.pid == first.pid

    first.stop()
    assert run(second, "SELECT 1") == (1,)
    second.stop()

    assert not psutil.pid_exists(first.pid) or psutil.Process(first.pid).status() == psutil.STATUS_ZOMBIE


def test_the_last_one_out_may_be_another_process_than_the_one_that_started(start, tmp_path):
    command = [sys.executable, "-c", START_STOP_AND_WAIT, str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        pid = int(starter.stdout.readline())
        joined = start()
        starter.stdin.write("leave\n")
        starter.stdin.flush()
        assert starter.stdout.readline() == "left\n"

        joined.stop()

        assert joined.pid == pid
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        starter.kill()


def test_stopping_leaves_no_process_and_no_socket(start):
    server = start()
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    socket_dir = Path(run(server, "SHOW unix_socket_directories")[0])

    server.stop()
    server.stop()

    wait_until(lambda: not any(process.is_running() for process in family))
    assert not socket_dir.exists()


def test_the_server_of_a_killed_process_is_adopted_and_stopped(start, tmp_path):
    command = [sys.executable, "-c", START_AND_WAIT, str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as orphaning:
        pid = int(orphaning.stdout.readline())
        orphaning.kill()
    orphan = psutil.Process(pid)

    adopted = start()
    assert adopted.pid == pid
    adopted.stop()

    wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_a_process_id_that_was_given_to_another_program_does_not_stop_us(start, tmp_path):
    start().stop()
    with subprocess.Popen(["sleep", "600"], **server_user().popen_options()) as stranger:
        pid_file = tmp_path / "data" / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{tmp_path}/data/postgres\n1700000000\n5432\n/nowhere\n\n\nready\n")

        assert run(start(), "SELECT 1") == (1,)

        assert stranger.poll() is None
        stranger.kill()


def test_a_half_made_cluster_is_made_again(start, tmp_path):
    half = tmp_path / "data" / "postgres.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    assert run(start(), "SELECT 1") == (1,)
    assert not half.exists()


def test_a_cluster_of_another_major_version_is_refused_with_advice(start, tmp_path):
    start().stop()
    version = tmp_path / "data" / "postgres" / "PG_VERSION"
    version.write_text("16\n")

    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 16.*pg_dump"):
        start()


def test_a_lost_password_is_named(start, tmp_path):
    start().stop()
    (tmp_path / "data" / "postgres.password").unlink()

    with pytest.raises(EmbeddedPostgresError, match=r"postgres\.password"):
        start()


def test_a_server_that_cannot_start_says_why(start, tmp_path):
    start().stop()
    shutil.rmtree(tmp_path / "data" / "postgres" / "global")

    with pytest.raises(EmbeddedPostgresError, match=r"does not start. It said:\n(.*\n)*.*(FATAL|could not)"):
        start()


def test_waiting_for_a_slow_server_is_reported_and_ends_when_it_answers(start):
    server = start()
    postmaster = psutil.Process(server.pid)
    postmaster.suspend()
    told: list[str] = []

    def wake_up(line: str) -> None:
        told.append(line)
        postmaster.resume()

    joined = start(report=wake_up)

    assert "waiting for the database" in told[0]
    assert run(joined, "SELECT 1") == (1,)


def test_readings_are_durable_by_default(start):
    server = start()

    names = ("fsync", "synchronous_commit", "full_page_writes", "wal_compression", "data_checksums", "TimeZone")
    assert [run(server, f"SHOW {name}")[0] for name in names] == ["on", "on", "on", "pglz", "on", "UTC"]


def test_the_programs_for_backups_come_along():
    assert {"pg_dump", "pg_restore", "psql"} <= {program.name for program in binaries().iterdir()}
