"""What the server says of itself."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from app.pages.about.callbacks import database_said, health_facts
from app.version import program_version
from models.db import session_scope
from models.read.about import database_facts
from models.read.operations import Contact, Operations, operations


def lines(parts: list[Any]) -> dict[str, str]:
    names, values = parts[::2], parts[1::2]
    return {name.children: value.children for name, value in zip(names, values, strict=True)}


def test_a_server_in_trouble_says_so(now: Any) -> None:
    found = Operations(
        dirty_hours=120, dirty_oldest_s=1500, quarantined=3, partitions=4, partitions_ahead=2, ingest_lag_s=600,
        contacts=[Contact(60.0, now)] * 99,
    )  # fmt: skip

    parts = health_facts(found, 2, 0.91, now=now, zone="Asia/Jakarta")

    assert lines(parts) == {
        "Time of the server": "23 Nov 2026 07:30 (Asia/Jakarta)",
        "Last delivery of a Pi": "10 minutes ago",
        "Pis": "97 online, 2 silent",
        "Hours to compute": "120, the oldest for 25 minutes",
        "Readings with an impossible time": "3",
        "Disk": "91 % full",
    }
    assert parts[-1].className == "fact-problem"


def test_a_new_server_has_nothing_to_tell(engine: Engine, now: Any) -> None:
    with session_scope(engine) as session:
        found, facts = operations(session, now=now), database_facts(session)

    said = lines(health_facts(found, 0, 0.2, now=now, zone="UTC"))
    about = lines(database_said(facts, found))

    assert (said["Last delivery of a Pi"], said["Hours to compute"]) == ("none yet", "nothing waits")
    assert about["PostgreSQL"].endswith(", on this machine")
    assert about["Readings, about"] == "0"
    assert facts.size_bytes > 1_000_000


def test_a_delivery_of_the_last_minute_is_now(now: Any) -> None:
    found = Operations(0, 0.0, 0, 4, 2, ingest_lag_s=timedelta(seconds=20).total_seconds(), contacts=[])

    assert lines(health_facts(found, 0, 0.2, now=now, zone="UTC"))["Last delivery of a Pi"] == "just now"


def test_hours_touched_in_the_last_minute_are_not_zero_minutes_old(now: Any) -> None:
    found = Operations(60, 25.0, 0, 4, 2, ingest_lag_s=20.0, contacts=[])

    said = lines(health_facts(found, 0, 0.2, now=now, zone="UTC"))

    assert said["Hours to compute"] == "60, since a moment ago"


def test_a_clock_without_a_place_is_named_as_people_read_it(now: Any) -> None:
    found = Operations(0, 0.0, 0, 4, 2, ingest_lag_s=20.0, contacts=[])

    said = lines(health_facts(found, 0, 0.2, now=now, zone="Etc/GMT+7"))

    assert said["Time of the server"].endswith("(UTC−7)")


def test_the_version_is_that_of_the_project() -> None:
    assert program_version()[0].isdigit()
