"""A server under test behind the HTTP server of the product."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import waitress.server


@contextmanager
def listening(app: Any, **options: Any) -> Iterator[int]:
    """Serve an application on a free port, which is given, by a thread of its own; ``options`` are waitress's."""
    listener = waitress.server.create_server(app, host="127.0.0.1", port=0, **options)

    def end() -> None:
        listener.close()
        for channel in list(listener.active_channels.values()):
            channel.handle_close()

    thread = Thread(target=listener.run)
    thread.start()
    try:
        yield listener.effective_port
    finally:
        # By its own thread: a socket that is closed while the loop waits for it ends the loop with an error.
        listener.trigger.pull_trigger(end)
        thread.join(10)
