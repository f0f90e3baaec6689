"""How many readings came with the request at hand, for those who count."""

from collections.abc import Mapping
from dataclasses import asdict

from flask import g

from ingest_api.reception import Receipt

#: What can become of a reading, as :class:`ingest_api.reception.Receipt` calls it.
OUTCOMES = ("accepted", "duplicates", "conflicts", "quarantined", "rejected")


def note(receipt: Receipt) -> None:
    """Remember what became of the readings of this request."""
    g.readings_by_outcome = {name: count for name, count in asdict(receipt).items() if name in OUTCOMES}
    g.readings_received = sum(g.readings_by_outcome.values())


def received() -> Mapping[str, int]:
    """Give the readings of this request by outcome; empty if it brought none."""
    found: Mapping[str, int] = g.get("readings_by_outcome", {})
    return found
