"""Devices are moved to another place, read more often, stand in other water."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.joining.changing import Changing
from app.joining.errors import JoiningRefused, NotAllowed
from app.principal import COMMAND_LINE, Principal, Role
from models.db import session_scope
from models.errors import UnknownDevice
from models.partitions import ensure_months
from models.read.audit import AuditQuery, search_audit
from models.read.devices import DeviceRecord, find_device
from models.write.devices import register_device


@pytest.fixture
def changing(engine: Engine, now: datetime) -> Changing:
    with session_scope(engine) as session:
        for name in ("pi-1", "pi-2"):
            register_device(session, name, site="North", zone="A", now=now - timedelta(days=9))
    return Changing(engine, lambda: now)


def device(engine: Engine, name: str = "pi-1") -> DeviceRecord:
    with session_scope(engine) as session:
        found = find_device(session, name)
    assert found is not None
    return found


def test_what_is_given_changes_and_the_rest_stays(changing: Changing, engine: Engine) -> None:
    changing.change(["pi-1", "pi-2"], {"site": "South", "interval_s": 10}, by=COMMAND_LINE)

    assert [(one.site, one.zone, one.interval_s) for one in (device(engine), device(engine, "pi-2"))] == [
        ("South", "A", 10)
    ] * 2


def test_null_takes_a_place_away(changing: Changing, engine: Engine) -> None:
    changing.change(["pi-1"], {"site": None, "zone": None}, by=COMMAND_LINE)

    assert (device(engine).site, device(engine).zone) == (None, None)


def test_another_medium_has_all_hours_judged_again(changing: Changing, engine: Engine, now: datetime) -> None:
    with session_scope(engine) as session:
        ensure_months(session.connection(), [now])
        session.execute(
            text("INSERT INTO readings (device_id, ts, water_c, quality, tests) VALUES (:id, :ts, 21, 0, 0)"),
            {"id": device(engine).id, "ts": now - timedelta(hours=5)},
        )

    changing.change(["pi-1"], {"medium": "natural"}, by=COMMAND_LINE)

    with engine.connect() as connection:
        assert connection.scalars(text("SELECT hour FROM dirty_hours")).all() == [
            (now - timedelta(hours=5)).replace(minute=0)
        ]


def test_one_unknown_name_and_nothing_changes(changing: Changing, engine: Engine) -> None:
    with pytest.raises(UnknownDevice):
        changing.change(["pi-1", "pi-99"], {"zone": "B"}, by=COMMAND_LINE)

    assert device(engine).zone == "A"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "nothing to change"),
        ({"zone": "  "}, "zone: write at most 100"),
        ({"site": "a\x1b[2J"}, "site: write at most 100"),
        ({"interval_s": 0}, "whole seconds"),
        ({"interval_s": 86_401}, "whole seconds"),
        ({"tank_volume_l": 0.0}, "litres above 0"),
        ({"tank_volume_l": float("nan")}, "litres above 0"),
        ({"medium": "beer"}, "nutrient, natural"),
    ],
)
def test_what_cannot_be_is_refused(changing: Changing, engine: Engine, changes: dict[str, Any], said: str) -> None:
    before = device(engine)

    with pytest.raises(JoiningRefused, match=said):
        changing.change(["pi-1"], changes, by=COMMAND_LINE)
    assert device(engine) == before


def test_it_is_on_record_and_not_for_everybody(changing: Changing, engine: Engine) -> None:
    with pytest.raises(NotAllowed):
        changing.change(["pi-1"], {"zone": "B"}, by=Principal(0, "sari", Role.AGRONOMIST))

    changing.change(["pi-1"], {"zone": "B"}, by=COMMAND_LINE)

    with session_scope(engine) as session:
        (entry,) = search_audit(session, AuditQuery(action="change-device"), before=None, limit=5)
    assert (entry.actor, entry.object_id, entry.details) == ("command line", "pi-1", {"zone": "B"})
