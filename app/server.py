"""The whole server on one Flask app: login, machine API, dashboard, health, and what guards them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app import api
from app.compression import install_compression
from app.dashboard import create_dashboard
from app.guard import install_guard
from app.headers import install_headers
from app.health import create_health, disk_used
from app.i18n import init_languages
from app.imports.shelf import Shelf
from app.jobs.background import BackgroundJob
from app.jobs.rollups import refresh_dirty_hours
from app.joining.keys import read_authority
from app.labels import create_labels
from app.login import Login, create_login
from app.metrics import Metrics, create_metrics_route
from app.missing import answer_missing
from app.navigation import PAGES
from app.observability import configure_logging, install_request_log
from app.pages.page import PageContext
from app.pages_load import install_page_limit
from app.principal import current_user
from app.sessions import Cookies, Sessions
from app.settings import Settings
from app.uploads import create_uploads
from ingest_api import create_blueprint

_MAX_BODY_BYTES = 1024 * 1024
# Whoever asks for hourly means waits for this many; the rest of a large import is left to the background job.
_MOST_DIRTY_HOURS = 200


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def create_server(
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime] = utc_now,
    jobs: Sequence[BackgroundJob] = (),
) -> Flask:
    """Build the server of one database; any number of them can live in one process.

    The order is the order of the checks: the request log sees everything, then the guard lets through or not, and
    only then a route is reached. What is added later is guarded too.
    """
    configure_logging(settings.log_format, settings.log_file, level=settings.log_level)
    server = Flask("app", static_folder=None)
    server.debug = False  # whatever FLASK_DEBUG says: it would let failures pass by the handlers that answer them
    server.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    cookies = Cookies(secure=settings.secure_cookies)
    sessions = Sessions(engine, cookies)
    metrics = Metrics(settings, engine, clock, jobs)
    install_request_log(server, slow_s=settings.slow_request_ms / 1000, seen=metrics.saw)
    install_compression(server)
    install_guard(server, sessions, clock, names=settings.allowed_names)
    install_page_limit(server, threads=settings.threads)
    init_languages(server, settings.language, _language_of_account)
    server.register_blueprint(create_login(Login(engine, sessions, cookies, clock)))
    server.register_blueprint(create_labels(engine))
    server.register_blueprint(create_health(settings, engine, clock))
    server.register_blueprint(create_metrics_route(metrics))
    server.register_blueprint(create_uploads(Shelf(settings.data_dir / "uploads")))
    server.register_blueprint(_create_api(engine, clock))
    context = PageContext(
        engine,
        clock,
        settings.time_zone,
        settings.ppm_scale,
        authority=lambda: read_authority(settings.ca_file, default=settings.own_ca_file),
        disk_used=lambda: disk_used(settings),
        uploads=settings.data_dir / "uploads",
    )
    dashboard = create_dashboard(server, PAGES, context)
    install_headers(server, secure=settings.secure_cookies, script_hashes=dashboard.csp_hashes)
    _answer_errors(server)
    answer_missing(server)
    _finish_dash(server)
    return server


def _create_api(engine: Engine, clock: Callable[[], datetime]) -> Blueprint:
    """Build the machine API, with the routes that people's use cases answer."""
    return create_blueprint(
        engine,
        clock=clock,
        person=current_user,
        refresh_hours=lambda ids: refresh_dirty_hours(engine, now=clock(), device_ids=ids, limit=_MOST_DIRTY_HOURS),
        extend=lambda blueprint: api.add_routes(blueprint, engine, clock),
    )


def _language_of_account() -> str | None:
    user = current_user()
    return user.language if user else None


def _answer_errors(server: Flask) -> None:
    @server.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> ResponseReturnValue:
        server.logger.warning("the database does not answer at %s: %s", request.path, error.orig)
        return Response("The database does not answer. Please try again in a moment.", 503, {"Retry-After": "5"})


def _finish_dash(server: Flask) -> None:
    """Let Dash add its router now: it does so at the first request, and a second one at that moment would miss it."""
    with server.test_request_context("/healthz"):
        server.preprocess_request()
