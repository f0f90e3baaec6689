"""Memory of exports, given back when they end: a server has many threads, and each would keep what it once used."""

import ctypes

import pyarrow as pa


def take_from_the_system() -> None:
    """Let Arrow take its memory where everybody else does, not from heaps that it keeps for each thread."""
    pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return what is free to the operating system, where the C library can do that."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
