"""One agent per folder: two on one outbox would send readings twice and read the same probes into each other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK_NAME = "agent.lock"


class AlreadyRunning(RuntimeError):
    """Another agent works on this folder; the message says which."""


@contextmanager
def only_agent(state_dir: Path) -> Iterator[None]:
    """Be the only agent that works on ``state_dir``; the kernel lets go of it when the process ends, however it ends.

    Raises
    ------
    AlreadyRunning
        If there is another one.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state_dir / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"another agent (process {_holder(descriptor)}) works on {state_dir}: there is one agent per Pi;"
                " stop that one first (sudo systemctl stop hydrofleet-pi)"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def running_agent(state_dir: Path) -> int | None:
    """Give the process that works on ``state_dir``; None when nobody does."""
    try:
        descriptor = os.open(state_dir / _LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        holder = _holder(descriptor)
        return int(holder) if holder.isdigit() else 0
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
