"""Memory of large work, given back when it ends: a server has many threads, and each would keep what it once used."""

import ctypes

#: Of glibc's <malloc.h>.
_M_ARENA_MAX = -8
#: Threads share that many heaps. Python's lock lets one of them work at a time, so more would only hold more.
_HEAPS = 2


def share_memory() -> None:
    """Let all threads take memory from a few heaps, where the C library can do that."""
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(_M_ARENA_MAX, _HEAPS)


def give_back() -> None:
    """Return what is free to the operating system, where the C library can do that."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
