"""What the page does: look who comes, and carry out what an administrator decides."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno
from dash import Dash, Input, Output, State, ctx, html, no_update
from flask import request

from app.components.once import shown_once
from app.i18n import N_, _, ngettext, time_text
from app.joining.errors import JoiningRefused, NotAllowed, UnknownRequest
from app.joining.keys import KeyWish, join_file
from app.joining.registration import BatchRefused, Preview, parse_rows
from app.pages.join.drawing import joined_rows, key_rows, preview_view, waiting_rows
from app.pages.join.ids import Id
from app.pages.join.source import Desk
from app.pages.page import PageContext
from app.principal import current_user
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


def error_text(error: HydrofleetError) -> str:
    """Say why nothing was done."""
    if isinstance(error, NotAllowed):
        return _("Only administrators may manage devices and keys.")
    if isinstance(error, UnknownRequest):
        return _("Somebody has decided this in the meantime.")
    if isinstance(error, UnknownDevice):
        return _("No device is called %(name)s.", name=error.name)
    return error.said.in_language() if isinstance(error, JoiningRefused) else str(error)


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


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = JoinAnswers(Desk(context.engine, context.clock), context)
    _register_lists(app, answers)
    _register_decisions(app, answers)
    _register_keys(app, answers)
    _register_registration(app, answers)


def _register_lists(app: Dash, answers: JoinAnswers) -> None:
    @app.callback(
        output={
            "waiting": Output(Id.WAITING_ROWS, "children"),
            "joined": Output(Id.JOINED, "children"),
            "keys": Output(Id.KEY_ROWS, "children"),
            "devices": Output(Id.DEVICES, "data"),
        },
        inputs={"_tick": Input(Id.TICK, "n_intervals"), "_revision": Input(Id.REVISION, "data")},
    )
    def look(_tick: int | None, _revision: int) -> Outputs:
        return answers.look()

    @app.callback(Output(Id.LABEL_LINK, "href"), Input(Id.LABELS, "value"))
    def label_link(names: str | None) -> str:
        return f"/labels?devices={quote(names.strip())}" if names and names.strip() else "/labels"


def _register_decisions(app: Dash, answers: JoinAnswers) -> None:
    @app.callback(
        Output(Id.DECIDED, "children"),
        Output(Id.REVISION, "data", allow_duplicate=True),
        Input(Id.APPROVE, "n_clicks"),
        Input(Id.REJECT, "n_clicks"),
        Input(Id.BLOCK_BOARD, "n_clicks"),
        State(Id.WAITING, "value"),
        State(Id.REVISION, "data"),
        prevent_initial_call=True,
    )
    def decide(_in: Any, _away: Any, _blocked: Any, number: str | None, revision: int) -> tuple[str, Any]:
        return _said(lambda: answers.decide(ctx.triggered_id, number), revision)

    @app.callback(
        output={"said": Output(Id.LEFT, "children"), "revision": Output(Id.REVISION, "data", allow_duplicate=True)},
        inputs={
            "_clicks": [Input(id, "n_clicks") for id in (Id.RETIRE, Id.BLOCK, Id.UNBLOCK, Id.REVOKE, Id.ROTATE)],
            "names": State(Id.DEVICES, "value"),
            "reason": State(Id.REASON, "value"),
            "day": State(Id.SINCE, "value"),
            "revision": State(Id.REVISION, "data"),
        },
        prevent_initial_call=True,
    )
    def leave(
        _clicks: list[Any], names: list[str] | None, reason: str | None, day: str | None, revision: int
    ) -> Outputs:
        theft = Theft((reason or "").strip() or None, day)
        said, new_revision = _said(lambda: answers.leave(ctx.triggered_id, names, theft), revision)
        return {"said": said, "revision": new_revision}


def _register_keys(app: Dash, answers: JoinAnswers) -> None:
    @app.callback(
        Output(Id.ONCE, "children"),
        Output(Id.REVISION, "data", allow_duplicate=True),
        Input(Id.MAKE, "n_clicks"),
        Input(Id.MAKE_CODE, "n_clicks"),
        State(Id.USES, "value"),
        State(Id.DAYS, "value"),
        State(Id.SITE, "value"),
        State(Id.NOTE, "value"),
        State(Id.LISTED, "checked"),
        State(Id.AUTO, "checked"),
        State(Id.REVISION, "data"),
        prevent_initial_call=True,
    )
    def make(
        _clicks: Any,
        _code_clicks: Any,
        uses: Any,
        days: Any,
        site: str | None,
        note: str | None,
        listed: bool | None,
        auto: bool | None,
        revision: int,
    ) -> tuple[Any, Any]:
        if ctx.triggered_id == Id.MAKE_CODE:
            return _said(lambda: answers.make_code(site or None, note or None), revision)
        if not (isinstance(uses, int) and isinstance(days, int)):
            return html.Div(_("Say for how many Pis and for how many days."), className="said"), no_update
        wish = KeyWish(uses, timedelta(days=days), site or None, note or None, bool(auto), bool(listed))
        return _said(lambda: answers.make_key(wish), revision)

    @app.callback(
        Output(Id.KEY_SAID, "children"),
        Output(Id.REVISION, "data", allow_duplicate=True),
        Input(Id.REVOKE_KEY, "n_clicks"),
        State(Id.KEYS, "value"),
        State(Id.REVISION, "data"),
        prevent_initial_call=True,
    )
    def revoke_key(_clicks: Any, key_id: str | None, revision: int) -> tuple[str, Any]:
        return _said(lambda: answers.revoke_key(key_id), revision)


def _register_registration(app: Dash, answers: JoinAnswers) -> None:
    @app.callback(
        output={
            "text": Output(Id.TEXT, "value"),
            "preview": Output(Id.PREVIEW, "children"),
            "disabled": Output(Id.REGISTER, "disabled"),
            "revision": Output(Id.REVISION, "data"),
        },
        inputs={
            "_check": Input(Id.CHECK, "n_clicks"),
            "_register": Input(Id.REGISTER, "n_clicks"),
            "contents": Input(Id.UPLOAD, "contents"),
            "text": State(Id.TEXT, "value"),
            "revision": State(Id.REVISION, "data"),
        },
        prevent_initial_call=True,
    )
    def registration(_check: Any, _register: Any, contents: str | None, text: str | None, revision: int) -> Outputs:
        same: Outputs = {"text": no_update, "disabled": True, "revision": no_update}
        try:
            if ctx.triggered_id == Id.REGISTER:
                said = answers.register(text)
                return {**same, "text": "", "preview": html.Div(said, className="said"), "revision": revision + 1}
            table = read_upload(contents) if ctx.triggered_id == Id.UPLOAD else text
            preview = answers.check(table)
        except BatchRefused as error:
            return {**same, "preview": preview_view(Preview([], error.faults))}
        except HydrofleetError as error:
            return {**same, "preview": html.Div(error_text(error), className="said said-problem")}
        return {**same, "text": table, "preview": preview_view(preview), "disabled": bool(preview.faults)}


def _said(act: Callable[[], Any], revision: int) -> tuple[Any, Any]:
    """Carry something out and give what is said about it, and a new revision if it was done."""
    try:
        return act(), revision + 1
    except HydrofleetError as error:
        return html.Div(error_text(error), className="said-problem"), no_update
