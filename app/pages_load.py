"""How much of the server the pages may take: a few questions at a time, so that posts and health always get through."""

from contextlib import ExitStack

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from ingest_api.overload import Overloaded, Slots

#: Dash sends every question of a page here.
_CALLBACKS = "/_dash-update-component"
_PATIENCE_S = 1.0


def install_page_limit(server: Flask, *, threads: int) -> None:
    """Let at most a third of ``threads`` answer pages; as many more wait a moment, the rest are asked to come back.

    Install it behind the guard, so that strangers take no turn.
    """
    at_once = max(1, threads // 3)
    slots = Slots(at_once, waiting=at_once, patience_s=_PATIENCE_S)

    @server.before_request
    def enter() -> ResponseReturnValue | None:
        if request.path != _CALLBACKS or request.method != "POST":
            return None
        turn = ExitStack()
        try:
            turn.enter_context(slots.one())
        except Overloaded:
            return Response("Too many questions at once. Please try again.", 503, {"Retry-After": "1"})
        g.page_turn = turn
        return None

    @server.teardown_request
    def leave(_error: BaseException | None) -> None:
        turn = g.pop("page_turn", None)
        if turn is not None:
            turn.close()
