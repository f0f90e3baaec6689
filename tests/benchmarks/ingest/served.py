"""The server under test in a process of its own: ``python -m tests.benchmarks.ingest.served URL DATA_DIR``.

Prints its port and serves until its standard input closes. ``--jobs`` runs the background jobs too. ``--no-database``
answers posts without storing them: the limit that the machine, Flask, waitress, the credential check and the parsing
set.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

from app.serving import open_listener, running_jobs, take_turns_often
from app.settings import load_settings
from ingest_api.reception import Receipt
from ingest_api.writer import Writer
from models.db import make_engine


def main(url: str, data_dir: str, *switches: str) -> None:
    settings = load_settings(data_dir=Path(data_dir), port=0, log_file=Path(data_dir) / "server.log")
    engine = make_engine(url, pool_size=settings.threads)
    if "--no-database" in switches:
        Writer.submit = _store_nothing  # type: ignore[method-assign]
    take_turns_often()
    with ExitStack() as stack:
        if "--jobs" in switches:
            stack.enter_context(running_jobs(engine))
        listener = open_listener(settings, engine)
        Thread(target=listener.run, daemon=True).start()
        print(listener.effective_port, flush=True)
        sys.stdin.read()


def _store_nothing(self: Writer, device: object, batch: object, **_: object) -> Receipt:
    return Receipt(len(batch.sent), 0, 0, 0, len(batch.rejected))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(*sys.argv[1:])
