"""``/read-tokens``: credentials of notebooks and scripts."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy import Engine

from app.api.wire import Stamp, done, moment_in, written
from app.principal import Role, current_user
from app.read_tokens import LONGEST_NOTE, ReadTokens
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed


class NewReadToken(Struct, forbid_unknown_fields=True):
    """A token to be made; without ``devices`` it reads all of them, those that join later included."""

    note: Annotated[str, Meta(min_length=1, max_length=LONGEST_NOTE, description="What it is for.")]
    expires_at: Stamp
    devices: Annotated[list[str], Meta(min_length=1, max_length=10_000)] | None = None


class MadeReadToken(Struct):
    """A new token; ``token`` is shown here and never again."""

    id: str
    token: str
    expires_at: Stamp


class ReadTokenEntry(Struct):
    """A token as it is kept: without its secret. ``devices`` is null where it reads all."""

    id: str
    note: str
    devices: list[str] | None
    created_by: str | None
    created_at: Stamp
    expires_at: Stamp
    revoked_at: Stamp | None


class ReadTokenList(Struct):
    """All tokens, newest first."""

    read_tokens: list[ReadTokenEntry]


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    tokens = ReadTokens(engine, clock)

    @blueprint.get("/read-tokens")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("List the read tokens", answer=ReadTokenList)
    def read_token_list() -> Response:
        """All of them, those that ended too; never their secrets."""
        found = tokens.list_all(by=current_user())
        return answer(
            ReadTokenList(
                [
                    ReadTokenEntry(
                        one.id,
                        one.note,
                        None if one.devices is None else list(one.devices),
                        one.created_by,
                        format_moment(one.created_at),
                        format_moment(one.expires_at),
                        written(one.revoked_at),
                    )
                    for one in found
                ]
            )
        )

    @blueprint.post("/read-tokens")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation(
        "Make a read token",
        body=NewReadToken,
        answer=MadeReadToken,
        status=201,
        problems=("unknown-device", "refused"),
    )
    def make_read_token() -> Response:
        """It reads and changes nothing, and it has to end within a year."""
        body = read_typed(request, NewReadToken)
        expires_at = moment_in(body.expires_at, "/expires_at")
        token = tokens.create(body.note, expires_at=expires_at, devices=body.devices, by=current_user())
        return answer(MadeReadToken(token.id, token.text, format_moment(expires_at)), status=201)

    @blueprint.delete("/read-tokens/<token_id>")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Revoke a read token", status=204, problems=("unknown-item",))
    def revoke_read_token(token_id: str) -> Response:
        """It ends at once; one that ended before stays as it is."""
        tokens.revoke(token_id[:64].replace("\0", ""), by=current_user())
        return done()
