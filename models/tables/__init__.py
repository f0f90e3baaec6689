"""Every table of the database; import from here.

Times are timestamptz in UTC. Each table says in ``info["scale"]`` where it lives on a cluster.
"""

from models.tables.base import Base
from models.tables.calibrations import Calibration, FlagOverride
from models.tables.crops import Crop, GrowthStage, Planting, Target
from models.tables.devices import (
    BlockedSerial,
    Device,
    DeviceToken,
    EnrollmentKey,
    PendingEnrollment,
    ReadToken,
    Site,
)
from models.tables.exports import Export, ExportSchedule
from models.tables.operations import Alert, AlertRule, Job, Notification
from models.tables.people import AuditEntry, Invitation, LoginAttempt, Session, User
from models.tables.readings import DeviceState, Event, QuarantinedReading, Reading, Stream
from models.tables.rollups import ROLLUP_QUANTITIES, DirtyHour, reading_days, reading_hours
from models.tables.watch import DeviceFindings, ServerWatch

__all__ = [
    "ROLLUP_QUANTITIES",
    "Alert",
    "AlertRule",
    "AuditEntry",
    "Base",
    "BlockedSerial",
    "Calibration",
    "Crop",
    "Device",
    "DeviceFindings",
    "DeviceState",
    "DeviceToken",
    "DirtyHour",
    "EnrollmentKey",
    "Event",
    "Export",
    "ExportSchedule",
    "FlagOverride",
    "GrowthStage",
    "Invitation",
    "Job",
    "LoginAttempt",
    "Notification",
    "PendingEnrollment",
    "Planting",
    "QuarantinedReading",
    "ReadToken",
    "Reading",
    "ServerWatch",
    "Session",
    "Site",
    "Stream",
    "Target",
    "User",
    "reading_days",
    "reading_hours",
]
