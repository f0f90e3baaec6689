"""R24: readings disappear from the table behind the server's back.

Seven sequence numbers, chosen at random, are deleted with SQL from the history of one Pi among several.
``GET /devices/{name}/gaps`` then lists exactly those seven, and nothing for the Pis beside it.
"""

import random
from pathlib import Path
from threading import Event

import httpx
from sqlalchemy import text

from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_least, none
from tests.drills.ledger import Ledger
from tests.drills.pis import Pi, body_of

NAME = "R24"
PIS = 3
_READINGS = 400
_CHOSEN = 7
_ROUNDS = {False: 3, True: 100}


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Delete readings, and compare what is deleted with what the API says is missing."""
    chance = random.Random(seed)
    with farm(folder, pis=PIS) as on:
        for member in on.pis:
            batch = Pi(member, on.server.url, Ledger(), Event(), patient=False).next_batch(_READINGS)
            httpx.post(f"{on.server.url}/api/v1/readings", json=body_of(batch), headers=member.headers, timeout=60)
        before = sum(len(_listed(on, member.name)) for member in on.pis)
        unlisted = invented = deleted = elsewhere = 0
        for _ in range(_ROUNDS[full]):
            chosen = _choose(chance)
            deleted += _delete(on, chosen)
            listed = set(_listed(on, on.pis[0].name))
            unlisted += len(chosen - listed)
            invented += len(listed - chosen)
            elsewhere += sum(len(_listed(on, member.name)) for member in on.pis[1:])
            _bring_back(on)
        return {
            "deleted": at_least(deleted, _CHOSEN * _ROUNDS[full]),
            "listed_before": none(before),
            "not_listed": none(unlisted),
            "listed_though_there": none(invented),
            "listed_of_other_pis": none(elsewhere),
        }


def _choose(chance: random.Random) -> set[int]:
    """Choose two neighbours and five others; of the last reading nobody can know that it was ever made."""
    first = chance.randrange(1, _READINGS - 3)
    others = [seq for seq in range(1, _READINGS - 1) if seq not in (first, first + 1)]
    return {first, first + 1, *chance.sample(others, _CHOSEN - 2)}


def _delete(on: Farm, chosen: set[int]) -> int:
    """Move readings of the first Pi away; give how many there were."""
    given = {"device": on.pis[0].device_id, "chosen": list(chosen)}
    move = (
        "WITH gone AS (DELETE FROM readings WHERE device_id = :device AND seq = ANY(:chosen) RETURNING *) "
        "INSERT INTO put_aside SELECT * FROM gone"
    )
    with on.engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS put_aside (LIKE readings)"))
        return int(connection.execute(text(move), given).rowcount)


def _bring_back(on: Farm) -> None:
    with on.engine.begin() as connection:
        connection.execute(text("INSERT INTO readings SELECT * FROM put_aside"))
        connection.execute(text("TRUNCATE put_aside"))


def _listed(on: Farm, name: str) -> list[int]:
    answer = httpx.get(f"{on.server.url}/api/v1/devices/{name}/gaps", headers=on.reader, timeout=60)
    missing = answer.raise_for_status().json()["missing"]
    return [seq for run in missing for seq in range(run["first_seq"], run["last_seq"] + 1)]
