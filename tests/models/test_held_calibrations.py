"""Whoever stores readings holds the calibrations of their devices; whoever changes one waits for that."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from models.db import session_scope
from models.read.calibrations import hold_calibrations
from models.timeouts import limit_lock_waits
from models.write.calibrations import begin_change


def test_a_change_waits_for_those_who_hold_and_they_do_not_wait_for_each_other(engine: Engine) -> None:
    with session_scope(engine) as storing, session_scope(engine) as storing_too:
        hold_calibrations(storing, [1, 2])
        hold_calibrations(storing_too, [2])
        with pytest.raises(OperationalError, match="lock timeout"):
            _change(engine, 2)
        _change(engine, 3)
    _change(engine, 2)


def _change(engine: Engine, device_id: int) -> None:
    with session_scope(engine) as session:
        limit_lock_waits(session, 0.1)
        begin_change(session, device_id)
