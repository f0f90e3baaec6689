"""Which controls one question of a browser is about."""

from dash import ctx


def moved_controls() -> tuple[str, ...]:
    """Give the ids of all controls that were moved since the last answer; none when a page opens.

    A browser that waits for an answer, or draws, asks once for everything that has happened meanwhile:
    ``ctx.triggered_id`` would tell the first of these only.
    """
    return tuple(dict.fromkeys(each for each in ctx.triggered_prop_ids.values() if isinstance(each, str) and each))
