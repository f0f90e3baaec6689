"""What the page answers: who comes, and what became of an administrator's decision."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import segno
from dash import html
from flask import request

from app.components.once import shown_once
from app.i18n import N_, _, ngettext, time_text
from app.joining.errors import JoiningRefused, NotAllowed, UnknownRequest
from app.joining.keys import KeyWish, join_file
from app.joining.registration import Preview, parse_rows
from app.pages.join.drawing import joined_rows, key_rows, waiting_rows
from app.pages.join.ids import Id
from app.pages.join.source import Desk
from app.pages.page import PageContext
from app.principal import current_user
from app.typed_numbers import UnclearNumber, read_count, unclear_text
from models.errors import HydrofleetError, UnknownDevice

Outputs = dict[str, Any]
_JOINED_SHOWN = 20
#: A code is read off a screen by whoever sees it; it ends before the shift does.
CODE_LIFE = timedelta(hours=1)
# A code holds 2 953 bytes, the key and the address among them.
_LONGEST_AUTHORITY = 2000


@dataclass(frozen=True, slots=True)
class Theft:
    """What is known about a Pi that is blocked: why, and from which day on its readings are in doubt."""

    reason: str | None = None
    day: str | None = None

    def since(self, zone: str) -> datetime | None:
        """Give the beginning of the day on the reader's clock.

        Raises
        ------
        JoiningRefused
            If it is no day.
        """
        if not self.day:
            return None
        try:
            return datetime.combine(date.fromisoformat(self.day), time(), ZoneInfo(zone))
        except ValueError as error:
            raise JoiningRefused(N_("%(day)s is no day; choose one in the calendar"), day=self.day) from error


class JoinAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, desk: Desk, context: PageContext) -> None:
        self._desk = desk
        self._context = context

    def look(self) -> Outputs:
        """Answer a tick: who waits, who joined, which keys there are."""
        user, zone = current_user(), self._context.zone_of_reader()
        try:
            waiting = self._desk.waiting.list_all(by=user)
            joined = self._desk.waiting.list_joined(limit=_JOINED_SHOWN, by=user)
            keys = self._desk.keys.list_all(by=user)
        except NotAllowed:
            return {"waiting": [], "joined": None, "keys": [], "devices": []}
        return {
            "waiting": waiting_rows(waiting, zone),
            "joined": joined_rows(joined, zone),
            "keys": key_rows(keys, zone, self._context.clock()),
            "devices": [device.name for device in self._desk.devices()],
        }

    def decide(self, moved: str | None, number: str | None) -> str:
        """Answer a decision about the Pi that is chosen; gives what became of it."""
        if number is None:
            return _("Choose a Pi in the list.")
        user, waiting = current_user(), self._desk.waiting
        if moved == Id.APPROVE:
            return _("%(name)s is in. Its old card no longer works.", name=waiting.approve(int(number), by=user))
        if moved == Id.REJECT:
            waiting.reject(int(number), by=user)
            return _("Turned away.")
        waiting.block(int(number), by=user)
        return _("Blocked: this board never joins, whatever card is in it.")

    def make_key(self, wish: KeyWish) -> Any:
        """Answer the wish for a key: its file, once."""
        # First what can fail: a key whose file nobody saw would be lost.
        authority = self._context.authority()
        key = self._desk.keys.create(wish, by=current_user())
        text = _("Save this as hydrofleet.toml on the boot partition of the image. It is not shown again.")
        ends = time_text(self._context.clock() + wish.life, self._context.zone_of_reader())
        then = _(
            "Write the image to the cards and start the Pis; they appear here. The key ends %(when)s, or when full.",
            when=ends,
        )
        return shown_once(text, join_file(request.host_url.rstrip("/"), key, authority), then=then)

    def make_code(self, site: str | None, note: str | None) -> Any:
        """Answer the wish for a code: the file of a key for one Pi, to be carried by a phone; once."""
        authority = self._context.authority()
        if authority is None:
            raise JoiningRefused(N_("A stick has to bring the farm's authority; make it first: hydrofleet tls init"))
        if len(authority) > _LONGEST_AUTHORITY:
            raise JoiningRefused(N_("The authority's certificate is too long for a code; make a key instead."))
        key = self._desk.keys.create(KeyWish(1, CODE_LIFE, site, note), by=current_user())
        file = join_file(request.host_url.rstrip("/"), key, authority)
        text = _("Scan it with a phone, save the text on a USB stick as hydrofleet-enroll.toml, plug it into the Pi.")
        then = [
            # Level L: the file is long, and a screen has no scratches. White also in the dark, or no phone reads it.
            html.Img(
                src=segno.make(file, error="l").svg_data_uri(border=4, light="white"),
                alt=_("Code"),
                className="once-code",
            ),
            html.Div(_("It lets one Pi in within an hour, and is not shown again.")),
        ]
        return shown_once(text, file, then=then)

    def revoke_key(self, key_id: str | None) -> str:
        """Answer the button below the keys."""
        if key_id is None:
            return _("Choose a key in the list.")
        self._desk.keys.revoke(key_id, by=current_user())
        return _("Revoked. The Pis that joined with it stay.")

    def check(self, text: str | None) -> Preview:
        """Answer the question what a table would register."""
        return self._desk.registration.preview(parse_rows(text or ""), by=current_user())

    def register(self, text: str | None) -> str:
        """Answer the order to register a table, all of it or nothing."""
        done = self._desk.registration.register(parse_rows(text or ""), by=current_user())
        new = sum(not row.is_there for row in done.rows)
        return ngettext("%(num)s device registered.", "%(num)s devices registered.", new)

    def leave(self, moved: str | None, names: list[str] | None, theft: Theft) -> str:
        """Answer a button below the devices; gives what became of them."""
        if not names:
            return _("Choose devices first.")
        user, leaving = current_user(), self._desk.leaving
        if moved == Id.BLOCK:
            return self._block(names, theft)
        if moved == Id.UNBLOCK:
            for name in names:
                leaving.unblock(name, by=user)
            return _("Unblocked; the board has to ask again.")
        changes: dict[str, tuple[Callable[[], None], str]] = {
            Id.RETIRE: (lambda: leaving.retire(names, by=user), _("Retired: history stays, names stay reserved.")),
            Id.REVOKE: (lambda: leaving.revoke(names, by=user), _("Their credentials no longer work.")),
            Id.ROTATE: (
                lambda: leaving.rotate(names, by=user),
                _("Each takes a new credential with its next delivery."),
            ),
        }
        change, said = changes[moved or ""]
        change()
        return said

    def _block(self, names: list[str], theft: Theft) -> str:
        open_keys, since = [], theft.since(self._context.zone_of_reader())
        for name in names:
            blocked = self._desk.leaving.block(name, untrusted_since=since, reason=theft.reason, by=current_user())
            open_keys = blocked.keys
        said = _("Blocked: the credential is dead, the board never joins again.")
        if not open_keys:
            return said
        listed = ", ".join(f"hfe_{key.id}" for key in open_keys)
        return said + " " + _("Its card may hold an open key; revoke what you do not need: %(keys)s", keys=listed)


def read_wish(uses: object, days: object, *rest: Any) -> KeyWish:
    """Read for how many Pis and days a key is wished, as typed; ``rest`` are the other parts of the wish.

    Raises
    ------
    UnclearNumber
        If something else than a whole number is typed.
    JoiningRefused
        If a number is missing.
    """
    pis, span = read_count(uses), read_count(days)
    if pis is None or span is None:
        raise JoiningRefused(N_("Say for how many Pis and for how many days."))
    # No calendar reaches further; a key that should live so long is refused anyway.
    return KeyWish(pis, timedelta(days=min(span, timedelta.max.days)), *rest)


def error_text(error: HydrofleetError) -> str:
    """Say why nothing was done."""
    if isinstance(error, NotAllowed):
        return _("Only administrators may manage devices and keys.")
    if isinstance(error, UnknownRequest):
        return _("Somebody has decided this in the meantime.")
    if isinstance(error, UnknownDevice):
        return _("No device is called %(name)s.", name=error.name)
    if isinstance(error, UnclearNumber):
        return unclear_text(error)
    return error.in_language() if isinstance(error, JoiningRefused) else str(error)


def read_upload(contents: str | None) -> str:
    """Give the text of an uploaded file as Dash hands it over.

    Raises
    ------
    JoiningRefused
        If it is not text.
    """
    try:
        return base64.b64decode((contents or "").partition(",")[2], validate=True).decode("utf-8-sig")
    except ValueError as error:
        raise JoiningRefused(N_("The file is not text in UTF-8; save it as CSV UTF-8.")) from error
