"""The log: one line per request with its duration and id, and every other line in the same form."""

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal

import structlog
from flask import Flask, Response, g, request

from app.principal import current_user
from ingest_api.principals import current_principal

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: Static files would drown everything else.
_QUIET = re.compile(r"/(assets|_dash-component-suites|login/static|healthz)(/|$)")
_HANDLER_NAME = "hydrofleet"
_LOG_FILE_BYTES = 10 * 1024 * 1024
_LOG_FILES_KEPT = 5
# Credentials of ours say what they are; the part after the second line is the secret.
_SECRET = re.compile(r"\b(hf[a-z]_[A-Za-z0-9-]{4,32})_[A-Za-z0-9_-]{20,}")
#: Written over several lines where a person reads them; nobody else fills them.
_MANY_LINES = frozenset({"exception", "stack"})

_log = structlog.get_logger("hydrofleet.request")


#: Told of every answer and the seconds it took.
Seen = Callable[[Response, float], None]


def _unseen(_response: Response, _seconds: float) -> None:
    """Nobody counts."""


def configure_logging(form: Literal["json", "console"], file: Path | None = None, *, level: str = "info") -> None:
    """Write what is logged to standard error, or to ``file``, as JSON lines or for reading.

    The file is put aside at ten megabytes, and five of those are kept; warnings and errors are also written to a file
    of their own beside it (``server.log`` and ``server.errors.log``), so that they outlast a busy day. No line holds a
    credential, and none can forge another or move the cursor of a terminal. Call it again to change.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        harmless,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.name != _HANDLER_NAME] + _handlers(file, formatter)
    root.setLevel(level.upper())
    # One line per request is ours; werkzeug's own would repeat it.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # It introduces itself whenever somebody asks for the revision.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _handlers(file: Path | None, formatter: logging.Formatter) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if file is None else [_rotating(file)]
    if file is not None:
        handlers.append(_rotating(file.with_name(f"{file.stem}.errors{file.suffix}")))
        handlers[-1].setLevel(logging.WARNING)
    for handler in handlers:
        handler.name = _HANDLER_NAME
        handler.setFormatter(formatter)
    return handlers


def _rotating(file: Path) -> RotatingFileHandler:
    return RotatingFileHandler(
        file, maxBytes=_LOG_FILE_BYTES, backupCount=_LOG_FILES_KEPT, encoding="utf-8", delay=True
    )


def harmless(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Take credentials out of a line, and write control characters so that they do nothing."""
    for name, value in line.items():
        if isinstance(value, str):
            hidden = _SECRET.sub(r"\1_***", value)
            line[name] = hidden if name in _MANY_LINES else _printable(hidden)
    return line


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def install_request_log(
    server: Flask, *, slow_s: float = 1.0, seen: Callable[[Response, float], None] = _unseen
) -> None:
    """Give every request an id (``X-Request-Id``, taken over if it is a sane one) and a line in the log.

    The line holds the path without its query: a query may carry what somebody searched for, or an invitation. A request
    that takes ``slow_s`` or longer is a warning. ``seen`` is told of every answer and its seconds.
    """

    @server.before_request
    def begin() -> None:
        g.started_s = time.perf_counter()
        g.request_id = _request_id()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @server.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        seconds = time.perf_counter() - g.started_s
        seen(response, seconds)
        is_slow = seconds >= slow_s
        level = logging.WARNING if is_slow else logging.DEBUG if _QUIET.match(request.path) else logging.INFO
        _log.log(level, "slow request" if is_slow else "request", **_facts(response, seconds))
        return response

    @server.teardown_request
    def end(_error: BaseException | None) -> None:
        # The thread goes on to other work, whose lines are not this request's.
        structlog.contextvars.clear_contextvars()


def request_id() -> str:
    """Give the id of the request that is being answered, for error answers and the audit log."""
    identity: str = g.get("request_id", "")
    return identity


def _request_id() -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _facts(response: Response, seconds: float) -> dict[str, Any]:
    kind, identity = _who()
    return {
        "method": request.method,
        "path": request.path,
        "route": str(request.url_rule) if request.url_rule else None,
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 1),
        "bytes": response.content_length,
        "rows": g.get("readings_received"),
        "address": request.remote_addr,
        "principal": kind,
        "principal_id": identity,
    }


def _who() -> tuple[str | None, str | None]:
    """Say who asked: a kind and a name or the public part of a token, never a secret."""
    program, user = current_principal(), current_user()
    if program is not None:
        return program.kind, program.id
    return ("person", user.name) if user else (None, None)


def _renderer(form: Literal["json", "console"]) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
