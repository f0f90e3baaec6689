"""A farm's server in a process of its own: ``python -m tests.benchmarks.pages.served URL DATA_DIR``.

Its clock began at the end of the readings when it started. Prints its port and serves, with the job that keeps hours
current, until its standard input closes.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from app.jobs.rollup_job import RollupJob
from app.listener import listen
from app.server import create_server
from app.serving import ROLLUP_INTERVAL_S, set_startup_aside, take_turns_often
from app.settings import load_settings
from models.db import make_engine
from tests.benchmarks.pages.farm import NOW, Farm

_BEGAN = time.monotonic()


def clock() -> datetime:
    """Tell the time on the farm."""
    return NOW + timedelta(seconds=time.monotonic() - _BEGAN)


def main(url: str, data_dir: str) -> None:
    settings = load_settings(data_dir=Path(data_dir), port=0, log_file=Path(data_dir) / "server.log")
    engine = make_engine(url, pool_size=settings.threads)
    job = RollupJob(engine, ROLLUP_INTERVAL_S, clock=clock)
    take_turns_often()
    with closing(listen(create_server(settings, engine, clock=clock, jobs=[job]), settings)) as listener:
        Thread(target=listener.run, daemon=True).start()
        job.start()
        set_startup_aside()
        print(listener.effective_port, flush=True)
        sys.stdin.read()
        job.stop()


@contextmanager
def serving(on: Farm) -> Iterator[str]:
    """Run the server of a farm; gives its address."""
    command = [sys.executable, "-m", "tests.benchmarks.pages.served", on.url, str(on.directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.communicate()


if __name__ == "__main__":
    main(*sys.argv[1:])
