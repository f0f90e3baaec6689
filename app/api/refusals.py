"""What a use case refuses, as a problem: its own sentence, under the status that programs decide by."""

from flask import Blueprint, Response

from app import annotations, quarantine, read_tokens, targets
from app.calibration import errors as calibration
from app.exports.errors import UnknownExport
from app.joining import errors as joining
from app.people.errors import OnlyAdministrators
from ingest_api.problems import Problem, respond
from models.errors import (
    DeviceNameTaken,
    EventTaken,
    HydrofleetError,
    SerialTaken,
    UnknownCalibration,
    UnknownCrop,
    UnknownDevice,
    UnknownEvent,
    UnknownReadToken,
    UnknownRun,
    UnknownUser,
    UserNameTaken,
)

_SLUGS: tuple[tuple[tuple[type[HydrofleetError], ...], str], ...] = (
    ((annotations.NotAllowed, calibration.NotAllowed, targets.NotAllowed, read_tokens.NotAllowed), "forbidden"),
    ((OnlyAdministrators, joining.NotAllowed, quarantine.NotAllowed), "forbidden"),
    ((UnknownDevice,), "unknown-device"),
    ((UnknownCalibration, UnknownCrop, UnknownEvent, UnknownReadToken, UnknownUser), "unknown-item"),
    ((joining.UnknownKey, joining.UnknownRequest, UnknownExport, UnknownRun), "unknown-item"),
    ((DeviceNameTaken, EventTaken, SerialTaken, UserNameTaken), "taken"),
)


def install(blueprint: Blueprint) -> None:
    """Answer the errors of use cases; what is in none of the lists was refused for what it says."""
    blueprint.register_error_handler(HydrofleetError, refuse)


def refuse(error: HydrofleetError) -> Response:
    """Write a refusal."""
    slug = next((slug for kinds, slug in _SLUGS if isinstance(error, kinds)), "refused")
    return respond(Problem(slug, str(error)))
