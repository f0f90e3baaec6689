"""The log: one line per request with its duration and id, and every other line in the same form."""

import logging
import re
import secrets
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal

import structlog
from flask import Flask, Response, g, request

from app.principal import current_user

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: Static files would drown everything else.
_QUIET = re.compile(r"/(assets|_dash-component-suites|login/static|healthz)(/|$)")
_HANDLER_NAME = "hydrofleet"
_LOG_FILE_BYTES = 10 * 1024 * 1024
_LOG_FILES_KEPT = 5

_log = structlog.get_logger("hydrofleet.request")


def configure_logging(form: Literal["json", "console"], file: Path | None = None) -> None:
    """Write everything that is logged to standard error, or to ``file``, as JSON lines or for reading.

    The file is put aside at ten megabytes, and five of those are kept. Call it again to change.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _handler(file)
    handler.name = _HANDLER_NAME
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form)],
        )
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.name != _HANDLER_NAME] + [handler]
    root.setLevel(logging.INFO)
    # One line per request is ours; werkzeug's own would repeat it.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    return RotatingFileHandler(
        file, maxBytes=_LOG_FILE_BYTES, backupCount=_LOG_FILES_KEPT, encoding="utf-8", delay=True
    )


def install_request_log(server: Flask) -> None:
    """Give every request an id (``X-Request-Id``, taken over if it is a sane one) and a line in the log.

    The line holds the path without its query: a query may carry what somebody searched for.
    """

    @server.before_request
    def begin() -> None:
        g.started_s = time.perf_counter()
        g.request_id = _request_id()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @server.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        level = logging.DEBUG if _QUIET.match(request.path) else logging.INFO
        _log.log(level, "request", **_facts(response))
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


def _facts(response: Response) -> dict[str, Any]:
    user = current_user()
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "duration_ms": round((time.perf_counter() - g.started_s) * 1000, 1),
        "bytes": response.content_length,
        "address": request.remote_addr,
        "user": user.name if user else None,
    }


def _rendering(form: Literal["json", "console"]) -> list[structlog.typing.Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
