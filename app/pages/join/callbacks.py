"""What the page does: look who comes, and carry out what an administrator decides."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from dash import Dash, Input, Output, State, ctx, html, no_update

from app.joining.registration import BatchRefused, Preview
from app.pages.join.answers import JoinAnswers, Outputs, Theft, error_text, read_upload, read_wish
from app.pages.join.drawing import preview_view
from app.pages.join.ids import Id
from app.pages.join.source import Desk
from app.pages.page import PageContext
from models.errors import HydrofleetError


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
        rest = (site or None, note or None, bool(auto), bool(listed))
        return _said(lambda: answers.make_key(read_wish(uses, days, *rest)), revision)

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
