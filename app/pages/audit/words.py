"""What was done, and to what, in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.i18n import N_, _
from app.principal import COMMAND_LINE

#: Everything that the log may say was done, in the order of the work it belongs to.
ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "login": N_("Logged in"),
        "login-failed": N_("Could not log in"),
        "logout": N_("Logged out"),
        "end-session": N_("Logged out another browser"),
        "change-password": N_("Changed the password"),
        "change-password-failed": N_("Could not change the password"),
        "change-preferences": N_("Changed language, time zone or unit"),
        "accept-invitation": N_("Accepted an invitation"),
        "invite-user": N_("Invited a person"),
        "add-user": N_("Added a person"),
        "make-login-link": N_("Made a link to a new password"),
        "reset-password": N_("Set a person's password"),
        "change-role": N_("Changed a person's role"),
        "disable-user": N_("Kept a person out"),
        "enable-user": N_("Let a person in again"),
        "sign-out-user": N_("Logged a person out everywhere"),
        "make-read-token": N_("Made a read token"),
        "revoke-read-token": N_("Revoked a read token"),
        "make-enrollment-key": N_("Made an enrollment key"),
        "revoke-enrollment-key": N_("Revoked an enrollment key"),
        "many-wrong-enrollment-keys": N_("Tried many wrong enrollment keys"),
        "enroll": N_("A Pi joined"),
        "enroll-pending": N_("A Pi waits for approval"),
        "enroll-rejected": N_("Turned a rejected Pi away"),
        "enroll-blocked": N_("Turned a blocked Pi away"),
        "enroll-cloned": N_("Turned away a copy of a Pi"),
        "enroll-full": N_("Turned a Pi away: too many wait"),
        "enroll-key-ended": N_("Turned a Pi away: its key has ended"),
        "approve-enrollment": N_("Approved a Pi"),
        "reject-enrollment": N_("Rejected a Pi"),
        "block-serial": N_("Blocked a board"),
        "register-devices": N_("Registered devices"),
        "change-device": N_("Changed a device"),
        "block-device": N_("Blocked a device"),
        "unblock-device": N_("Unblocked a device"),
        "retire-device": N_("Retired a device"),
        "ask-for-rotation": N_("Asked for a new token"),
        "rotate-token": N_("A Pi took a new token"),
        "revoke-tokens": N_("Revoked the tokens"),
        "go-live": N_("Switched live mode on"),
        "end-live": N_("Switched live mode off"),
        "calibrate": N_("Calibrated"),
        "edit-calibration": N_("Corrected a calibration"),
        "void-calibration": N_("Declared a calibration void"),
        "set-target": N_("Changed a target"),
        "plant": N_("Planted"),
        "harvest": N_("Harvested"),
        "add-event": N_("Added an event"),
        "edit-event": N_("Corrected an event"),
        "confirm-event": N_("Confirmed an event"),
        "hide-event": N_("Declared that an event was none"),
        "show-event": N_("Brought an event back"),
        "remove-event": N_("Deleted an event"),
        "override-flag": N_("Judged readings"),
        "withdraw-override": N_("Withdrew a judgement"),
        "retime-readings": N_("Gave readings their time"),
        "drop-readings": N_("Left readings out"),
        "import-log": N_("Imported a log"),
        "replace-readings": N_("Replaced readings"),
        "restore": N_("Restored a device"),
        "start-export": N_("Began an export"),
        "export": N_("Exported"),
        "cancel-export": N_("Stopped an export"),
        "schedule-export": N_("Scheduled an export"),
        "unschedule-export": N_("Ended a scheduled export"),
    }
)
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "address": N_("address"),
        "crop": N_("crop"),
        "device": N_("device"),
        "enrollment-key": N_("enrollment key"),
        "export": N_("export"),
        "export-schedule": N_("schedule"),
        "read-token": N_("read token"),
        "serial": N_("board"),
        "user": N_("person"),
    }
)


def action_text(action: str) -> str:
    """Say what was done; an action that another version of the server wrote stands for itself."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def kind_text(kind: str) -> str:
    """Name a kind of things that something was done to."""
    return _(_KINDS[kind]) if kind in _KINDS else kind


def actor_text(actor: str) -> str:
    """Say who did it: people and Pis are called by their names, everything else in words."""
    if actor == COMMAND_LINE.name:
        return _("command line")
    if actor == "enrollment":
        return _("the joining of Pis")
    kind, _colon, name = actor.partition(":")
    if kind == "device" and name:
        return name
    if kind == "enrollment-key" and name:
        return _("enrollment key %(id)s", id=name)
    schedule = actor.removeprefix("schedule ")
    return actor if schedule == actor else _("schedule %(name)s", name=schedule)
