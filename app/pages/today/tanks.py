"""One row a tank: who goes there wants to know all that it needs, the most urgent first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.pages.today.entries import Entry, Kind

#: About the server, or a decision at a desk; nobody goes to a tank for them.
_APART = frozenset({Kind.SERVER, Kind.JOIN})


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of each section; ``counts`` tells how many causes there are of a kind, wherever they stand."""

    rows: Mapping[Kind, list[Entry]]
    counts: Mapping[Kind, int]
    #: How many rows there are when nothing is left out.
    total: int

    def elsewhere(self, kind: Kind) -> int:
        """Count the causes of a kind that stand in rows of a more urgent one."""
        return self.counts[kind] - len(self.rows[kind])


def listing(entries: Sequence[Entry], chosen: str | None) -> Listing:
    """Put entries, the most urgent kinds first, into rows.

    Each tank stands once, under its most urgent kind, with the rest as ``others``. Only the kind that is ``chosen``
    lists all its tanks, whatever else they need. What concerns several devices, or none, is a row of its own.
    """
    together = _by_tank(entries)
    once = [replace(first, others=tuple(rest)) for first, *rest in together]
    rows = {kind: [row for row in once if row.kind is kind] for kind in Kind}
    if chosen in set(Kind):
        rows[Kind(chosen)] = _rows_of(Kind(chosen), entries, together)
    return Listing(rows, Counter(entry.kind for entry in entries), len(once))


def _rows_of(kind: Kind, entries: Sequence[Entry], together: Sequence[Sequence[Entry]]) -> list[Entry]:
    others = {id(one): tuple(other for other in tank if other is not one) for tank in together for one in tank}
    return [replace(entry, others=others[id(entry)]) for entry in entries if entry.kind is kind]


def _by_tank(entries: Sequence[Entry]) -> list[list[Entry]]:
    rows: dict[str | int, list[Entry]] = {}
    for place, entry in enumerate(entries):
        is_about_a_tank = len(entry.devices) == 1 and entry.kind not in _APART
        rows.setdefault(entry.devices[0] if is_about_a_tank else place, []).append(entry)
    return list(rows.values())
