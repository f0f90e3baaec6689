"""Figures for a monitoring system, at ``/metrics`` in the format of Prometheus.

Whoever runs on the server's own machine may read them. Others need the token of ``HYDROFLEET_METRICS_TOKEN``; once
there is one, everybody does. Behind a proxy on the same machine every request seems to be local, so a server that
knows of a proxy insists on the token.
"""

import hmac
import ipaddress
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from app.jobs.background import BackgroundJob
from app.settings import Settings
from app.silence import count_silent, last_outage
from ingest_api import current_writer
from ingest_api.tally import OUTCOMES, received
from models.db import session_scope
from models.read.operations import Operations, operations

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNKNOWN_ROUTE = "unknown"


class Metrics:
    """What one server counts, in a registry of its own."""

    def __init__(
        self, settings: Settings, engine: Engine, clock: Callable[[], datetime], jobs: Sequence[BackgroundJob] = ()
    ) -> None:
        self.registry = CollectorRegistry()
        self._settings = settings
        self._requests = Histogram(
            "hydrofleet_request_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._readings = Counter(
            "hydrofleet_readings", "Readings received, by what became of them.", ("outcome",), registry=self.registry
        )
        for outcome in OUTCOMES:
            self._readings.labels(outcome)
        self.registry.register(_State(settings, engine, clock, jobs))

    def saw(self, response: Response, seconds: float) -> None:
        """Count an answer, and the readings that came with its request."""
        route = str(request.url_rule) if request.url_rule else _UNKNOWN_ROUTE
        self._requests.labels(request.method, route, str(response.status_code)).observe(seconds)
        for outcome, count in received().items():
            self._readings.labels(outcome).inc(count)

    def may_read(self) -> bool:
        """Tell whether the request at hand may see the figures."""
        token = self._settings.metrics_token
        if token is not None:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
        return self._settings.trusted_proxy is None and _is_local(request.remote_addr)


def create_metrics_route(metrics: Metrics) -> Blueprint:
    """Make ``/metrics``."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def figures() -> ResponseReturnValue:
        if not metrics.may_read():
            return Response("", 401, {"WWW-Authenticate": "Bearer"})
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint


class _State(Collector):
    """What is the case when somebody asks: in the database, in this process, and on the disk."""

    def __init__(
        self, settings: Settings, engine: Engine, clock: Callable[[], datetime], jobs: Sequence[BackgroundJob]
    ) -> None:
        self._settings, self._engine, self._clock, self._jobs = settings, engine, clock, jobs

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand, so that registering asks no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Give the figures; those of the database are missing while it does not answer."""
        yield from self._of_process()
        try:
            with session_scope(self._engine) as session:
                now = self._clock()
                found = operations(session, now=now)
                silent = count_silent(found.contacts, now, last_outage(session))
        except SQLAlchemyError:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from _of_database(found, silent)

    def _of_process(self) -> Iterator[Metric]:
        disk = shutil.disk_usage(self._settings.existing_data_dir)
        yield _gauge("disk_free_bytes", "Free space where the data are.", disk.free)
        yield _gauge("disk_used_ratio", "Share of that space in use.", 1 - disk.free / disk.total)
        yield _gauge("writer_waiting", "Batches that wait to be stored.", current_writer().waiting)
        if isinstance(self._engine.pool, QueuePool):
            yield _gauge("pool_in_use", "Database connections in use.", self._engine.pool.checkedout())
        counts = {
            "rounds": "Rounds of background jobs.",
            "failures": "Rounds that failed.",
            "busy_s": "Seconds spent working.",
        }
        for name, about in counts.items():
            family = CounterMetricFamily(f"hydrofleet_job_{name.replace('_s', '_seconds')}", about, labels=("job",))
            for job in self._jobs:
                family.add_metric([job.name], getattr(job.counts, name))
            yield family


def _of_database(found: Operations, silent: int) -> Iterator[Metric]:
    yield _gauge("dirty_hours", "Hours whose summary does not know the latest readings.", found.dirty_hours)
    yield _gauge("dirty_oldest_seconds", "How long the oldest of them has waited.", found.dirty_oldest_s)
    yield _gauge("quarantined_readings", "Readings set aside because of their clock.", found.quarantined)
    yield _gauge("partitions", "Months of readings that have a table.", found.partitions)
    yield _gauge("partitions_ahead", "Months after this one that have a table.", found.partitions_ahead)
    yield _gauge("ingest_lag_seconds", "Seconds since any device was heard of.", found.ingest_lag_s)
    devices = GaugeMetricFamily("hydrofleet_devices", "Devices by whether they are heard of.", labels=("state",))
    devices.add_metric(["live"], len(found.contacts) - silent)
    devices.add_metric(["silent"], silent)
    yield devices


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hydrofleet_{name}", about, value=value)


def _is_local(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
