"""One mistake to put right: a technician who took the pH 7.00 sachet for one of 6.86."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from analytics.buffers import Buffer, BufferSet
from analytics.calibration import PhCalibration, ph_mv_for
from analytics.calibration_fit import Judgement
from app.calibration.findings import finding_of
from app.calibration.visits import Circumstances, InBuffer, PhVisit
from models.read.devices import DeviceRecord
from models.write.calibrations import add_calibration

#: The tank it happened at, by its seed.
SEED = 17
_AGO = timedelta(days=14)
_ROOM_C = 25.0


def install_mistake(
    session: Session, device: DeviceRecord, truth: dict[str, Any], *, start: datetime, now: datetime
) -> None:
    """Calibrate a probe with the wrong name for its middle buffer, two weeks ago or half the history if that is less.

    Choosing the set 4.00 / 7.00 / 10.01 on the Calibrate page repairs it: the millivolts were right.
    """
    at = now - min(_AGO, (now - start) / 2)
    true = PhCalibration(truth["ph7_mv"], truth["slope_mv_per_ph"], _ROOM_C)
    shown = [round(float(ph_mv_for(ph, _ROOM_C, true)), 1) for ph in (4.00, 7.00)]
    taken_for = (Buffer.PH_4_01, Buffer.PH_6_86)
    readings = tuple(InBuffer(name, mv, _ROOM_C) for name, mv in zip(taken_for, shown, strict=True))
    finding = finding_of(PhVisit(Circumstances(at), BufferSet.NIST_POWDER, readings))
    add_calibration(
        session,
        device.id,
        "ph",
        finding.method,
        finding.parameters,
        valid_from=at,
        points=finding.points,
        buffer_set=finding.buffer_set,
        temperature_c=finding.temperature_c,
        slope_percent=finding.slope_percent,
        offset_mv=finding.offset_mv,
        technician="budi",
        note="sachets from the old box",
        forced_reason="measured twice" if finding.judgement is Judgement.REFUSE else None,
    )
