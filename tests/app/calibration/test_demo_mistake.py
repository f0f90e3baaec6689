"""The mistake of the demo can be repaired the way its docstring says."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from analytics.buffers import Buffer, BufferSet
from app.calibration.visits import Circumstances, InBuffer, PhVisit
from app.demo.mistake import install_mistake
from models.db import session_scope
from models.read.calibrations import list_calibrations

TRUTH = {"ph7_mv": 1510.0, "slope_mv_per_ph": -170.0}


def test_naming_the_buffers_right_gives_the_true_ph(tank: Any):
    with session_scope(tank.engine) as session:
        install_mistake(session, tank.device, TRUTH, start=tank.at(30), now=tank.now)
        (mistake,) = list_calibrations(session, tank.device.id)
    tank.send(days=2, ph_mv=np.float32(1680.0), water_c=25.0)  # pH 6 on this probe
    before = tank.readings()["ph"]

    names = (Buffer.PH_4_00, Buffer.PH_7_00)
    left = tuple(InBuffer(name, one["millivolts"], 25.0) for name, one in zip(names, mistake.points, strict=True))
    right = PhVisit(Circumstances(mistake.valid_from), BufferSet.TECHNICAL, left)
    tank.desk.replace(mistake.id, right, by=tank.agronomist)

    assert mistake.valid_from == tank.now - timedelta(days=14)
    assert before.iloc[0] == pytest.approx(5.91, abs=0.02)
    assert tank.repair()["ph"].iloc[0] == pytest.approx(6.0, abs=1e-6)
