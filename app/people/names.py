"""Login names: kept in lower case, and typed the way they look."""

from app.people.errors import UnusableName

LONGEST_NAME = 100


def usable_name(name: str) -> str:
    """Give a name as it is kept.

    Raises
    ------
    UnusableName
        If it is empty, too long, or holds something that nobody can see.
    """
    kept = name.strip().lower()
    if not 0 < len(kept) <= LONGEST_NAME or not kept.isprintable():
        raise UnusableName(name)
    return kept
