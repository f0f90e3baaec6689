"""How long each reading stands for: until the next one, but not across a gap."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# A reading speaks for at most this many intervals; what lies beyond is a gap and belongs to nobody.
CAP_INTERVALS = 3


def held_seconds(
    stamps_s: FloatArray, interval_s: float, *, until_s: float | None = None, apart_s: float = np.inf
) -> FloatArray:
    """Give the seconds each reading holds.

    Parameters
    ----------
    stamps_s
        Shape (n,), increasing, in seconds from any origin.
    interval_s
        The device's sampling interval in seconds.
    until_s
        Time up to which ``stamps_s`` is known to be complete (now, or the end of what was loaded).
    apart_s
        A step at least so long leads from one series to another, laid behind it: the reading before it is a last one.

    Returns
    -------
    Shape (n,). Until the next reading, at most ``3 * interval_s``; the last reading holds one interval, or
    until ``until_s`` if that is later, under the same limit.

    Raises
    ------
    ValueError
        If the interval is not positive.
    """
    if not interval_s > 0:
        raise ValueError(f"interval_s must be positive, got {interval_s}")
    cap_s = CAP_INTERVALS * interval_s
    held = np.full(stamps_s.size, float(interval_s))
    steps = np.diff(stamps_s)
    held[:-1] = np.where(steps < apart_s, np.minimum(steps, cap_s), interval_s)
    if until_s is not None:
        held[-1:] = np.clip(until_s - stamps_s[-1:], interval_s, cap_s)
    return held


def held_within(stamps_s: FloatArray, interval_s: float, start_s: float, end_s: float) -> FloatArray:
    """Give the seconds that each reading holds, as :func:`held_seconds`, inside ``[start_s, end_s)``; shape (n,)."""
    until_s = stamps_s + held_seconds(stamps_s, interval_s)
    return np.clip(np.minimum(until_s, end_s) - np.maximum(stamps_s, start_s), 0, None)
