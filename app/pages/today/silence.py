"""Which Pis fell silent together: one cause deserves one line. Pure rules."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.pages.today.entries import Scope, Silence

#: Pis that share a switch or a socket fall silent within a few of their intervals.
TOGETHER = timedelta(minutes=10)
#: Two Pis may stop at the same time by chance; three of one place hardly do.
_FEWEST = 3
#: Of those that could have been heard there, so many have to be gone.
_MOST_OF = 0.5


@dataclass(frozen=True, slots=True)
class Listener:
    """A Pi that is expected to report: where it stands, and since when nothing is heard of it (None: it speaks)."""

    name: str
    site: str | None
    zone: str | None
    silent_since: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """Silent Pis with one cause, as far as one can tell from here."""

    silence: Silence
    members: tuple[Listener, ...]


def silent_groups(listeners: Sequence[Listener]) -> list[Group]:
    """Put silent Pis together, as widely as their silence reaches: everybody, a site, a zone, or one alone.

    A group began within :data:`TOGETHER`, holds three Pis or more, and at least half of those in its place that could
    still have been heard then. The widest group comes first, of equal ones the earliest.
    """
    left = [one for one in listeners if one.silent_since is not None]
    groups: list[Group] = []
    for scope, place_of in _PLACES:
        for place in dict.fromkeys(place_of(one) for one in left):
            if place is None:
                continue
            found = _together(scope, [one for one in listeners if place_of(one) == place], left)
            groups += found
            taken = {one.name for group in found for one in group.members}
            left = [one for one in left if one.name not in taken]
    groups += [Group(Silence(Scope.ONE, 1, 1, _since(one)), (one,)) for one in left]
    return sorted(groups, key=lambda group: (-group.silence.count, group.silence.since))


_PLACES: Sequence[tuple[Scope, Callable[[Listener], Hashable | None]]] = (
    (Scope.EVERYBODY, lambda one: ()),
    (Scope.SITE, lambda one: (one.site,) if one.site else None),
    (Scope.ZONE, lambda one: (one.site, one.zone) if one.zone else None),
)


def _together(scope: Scope, here: Sequence[Listener], left: Sequence[Listener]) -> list[Group]:
    names = {one.name for one in left}
    groups = []
    for members in _runs([one for one in here if one.name in names]):
        began = _since(members[0])
        could = sum(one.silent_since is None or one.silent_since >= began for one in here)
        if len(members) >= _FEWEST and len(members) >= _MOST_OF * could and _is_wide_enough(scope, members):
            groups.append(Group(Silence(scope, len(members), len(here), began), tuple(members)))
    return groups


def _is_wide_enough(scope: Scope, members: Sequence[Listener]) -> bool:
    """A site is named where several of its zones are concerned, and everybody where several sites are."""
    if scope is Scope.ZONE:
        return True
    return len({one.site if scope is Scope.EVERYBODY else one.zone for one in members}) > 1


def _runs(silent: Sequence[Listener]) -> list[list[Listener]]:
    """Cut the silent ones, in the order in which they fell silent, into runs that began within :data:`TOGETHER`."""
    runs: defaultdict[datetime, list[Listener]] = defaultdict(list)
    began: datetime | None = None
    for one in sorted(silent, key=_since):
        if began is None or _since(one) - began > TOGETHER:
            began = _since(one)
        runs[began].append(one)
    return list(runs.values())


def _since(one: Listener) -> datetime:
    if one.silent_since is None:
        raise ValueError(f"{one.name} is not silent")
    return one.silent_since
