"""How long to wait before trying again, so that a fleet does not come back all at once."""

import random

# 99 Pis that lose their server at one moment: without jitter up to 99 requests in one second. With a first limit of 2 s
# still up to 86, with 60 s up to 13, with 75 s never more than 10 (6000 simulated outages).
_FIRST_S = 75.0
#: For a Pi that is not in the fleet yet: somebody has just switched it on, and looks.
FIRST_OF_A_GUEST_S = 2.0
_LONGEST_S = 300.0
_LONGEST_RETRY_AFTER_S = 3600.0


class FullJitter:
    """Waits drawn from the whole range between nothing and a limit that doubles with every failure, up to 300 s."""

    def __init__(self, rng: random.Random | None = None, *, first_s: float = _FIRST_S) -> None:
        self._rng = rng or random.Random()
        self._first_s = first_s
        self._failures = 0

    def reset(self) -> None:
        """Begin again with short waits, after a success."""
        self._failures = 0

    def after_failure(self) -> float:
        """Return the next wait in seconds."""
        limit = min(_LONGEST_S, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return self._rng.uniform(0.0, limit)

    def after_refusal(self) -> float:
        """Return a long wait, for answers that only a person can change (unknown token, wrong address)."""
        return self._rng.uniform(_LONGEST_S / 2, _LONGEST_S)

    def after_request(self, retry_after_s: float) -> float:
        """Return a wait that is never shorter than the server asked for, at most an hour, and a little spread."""
        asked = min(max(retry_after_s, 0.0), _LONGEST_RETRY_AFTER_S)
        return asked + self._rng.uniform(0.0, max(1.0, asked / 4))
